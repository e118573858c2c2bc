import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("Items of Codex's")
struct CodexItemTests {
    private func content(_ changes: String) throws -> [JSONValue]? {
        var codex = try CodexFixture.running()
        try codex.tell(
            #"{"method":"item/completed","params":{"threadId":"main","item":{"type":"fileChange","id":"f","status":"completed","changes":[\#(changes)]}}}"#
        )
        return codex.calls.first?.content?.elements
    }

    private static func diff(_ path: String, _ old: JSONValue, _ new: String) -> JSONValue {
        ["type": "diff", "path": .string(path), "oldText": old, "newText": .string(new)]
    }

    private static func text(_ text: String) -> JSONValue { ["type": "content", "content": ["type": "text", "text": .string(text)]] }

    @Test("Changes have the old and the new text")
    func changes() throws {
        let told = try content(
            #"{"path":"/w/gone.txt","kind":{"type":"delete"},"diff":"x\n"},{"path":"/w/new.txt","kind":{"type":"add"},"diff":"hello\n"},{"path":"/w/old.txt","kind":{"type":"update","move_path":"/w/moved.txt"},"diff":"@@ -1,2 +1,2 @@\n-a\n+b\n c\n\n\nMoved to: /w/moved.txt"}"#
        )
        #expect(
            told == [
                Self.diff("/w/gone.txt", "x\n", ""), Self.diff("/w/new.txt", nil, "hello\n"),
                Self.text("Moved from /w/old.txt to /w/moved.txt"), Self.diff("/w/moved.txt", "a\nc\n", "b\nc\n"),
            ])
    }

    @Test(
        "Hunks become both sides of a change; other text is shown unchanged",
        arguments: [
            (#"@@ -1 +1 @@\n-a\n+b\n"#, [Self.diff("f", "a\n", "b\n")]),
            (
                #"@@ -1 +1 @@\n-a\n+b\n@@ -9,2 +9,1 @@ func x() {\n c\n-d\n"#,
                [Self.diff("f", "a\n", "b\n"), Self.diff("f", "c\nd\n", "c\n")]
            ),
            (#"@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"#, [Self.diff("f", "a\n", "b")]),
            (#"@@ -1,2 +1 @@\n-a\r\n-\u0301e\n+b\r\n"#, [Self.diff("f", "a\r\n\u{301}e\n", "b\r\n")]),
            (#"@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"#, [Self.diff("f", "a\n\nb\n", "a\n\nc\n")]),
            (#"@@ -1 +1 @@\n-@@ -1 +1 @@\n+x\n"#, [Self.diff("f", "@@ -1 +1 @@\n", "x\n")]),
            (#"@@ -1,9 +1 @@\n-cut off\n"#, [Self.text("f\n@@ -1,9 +1 @@\n-cut off\n")]),
            (#"@@ -1,1 +1,1 @@\nodd\n"#, [Self.text("f\n@@ -1,1 +1,1 @@\nodd\n")]), ("", [Self.text("f\n")]),
            (#"@@ -99999999999999999999 +1 @@\n"#, [Self.text("f\n@@ -99999999999999999999 +1 @@\n")]),
        ])
    func hunks(diff: String, told: [JSONValue]) throws {
        #expect(try content(#"{"path":"f","kind":{"type":"update"},"diff":"\#(diff)"}"#) == told)
    }

    @Test("A plan in words is seen as it grows, and told once")
    func plan() throws {
        var codex = try CodexFixture.running()
        try codex.tell("item/plan/delta", in: "main", ["turnId": "turn", "itemId": "p", "delta": "# Plan\n"])
        try codex.tell("item/completed", in: "main", ["item": ["type": "plan", "id": "p", "text": "# Plan\n1. x\n"]])
        try codex.tell("item/completed", in: "main", ["item": ["type": "plan", "id": "q", "text": "# Other\n"]])
        #expect(codex.messages.map(\.text) == ["# Plan\n", "# Other\n"])
        try codex.tell("turn/plan/updated", in: "main", ["plan": [["step": "one", "status": "inProgress"], ["status": "pending"]]])
        #expect(codex.events.last == .plan(Plan(entries: [.init(content: "one", status: "in_progress")])))
    }

    @Test(
        "What SAM has no word for is kept; what a person has seen is not told again",
        arguments: [
            ("userMessage", 0), ("hookPrompt", 0), ("contextCompaction", 1), ("enteredReviewMode", 1), ("brandNew", 1), ("sleep", 1),
        ])
    func others(type: String, count: Int) throws {
        var codex = try CodexFixture.running()
        try codex.tell("item/completed", in: "main", ["item": ["type": .string(type), "id": "i"]])
        #expect(codex.actions.count == count, "\(codex.actions)")
    }

    @Test("The end of a sub-agent is reported by its thread, not by a separate call")
    func activity() throws {
        var codex = try CodexFixture.running()
        try codex.tell(
            "item/completed", in: "main", ["item": ["type": "subAgentActivity", "id": "e", "kind": "completed", "agentThreadId": "s"]])
        #expect(codex.actions.isEmpty)
    }

    @Test("A tool's result and its error are told")
    func results() throws {
        var codex = try CodexFixture.running()
        try codex.tell(
            #"{"method":"item/completed","params":{"threadId":"main","item":{"type":"mcpToolCall","id":"a","server":"s","tool":"t","status":"completed","result":{"content":[{"type":"text","text":"out"}]}}}}"#,
            #"{"method":"item/completed","params":{"threadId":"main","item":{"type":"mcpToolCall","id":"b","server":"s","tool":"t","status":"failed","error":{"message":"no"}}}}"#
        )
        #expect(codex.calls.map(\.content) == [.array([Self.text("out")]), .array([Self.text("no")])])
        #expect(codex.calls.map(\.status) == ["completed", "failed"])
    }
}
