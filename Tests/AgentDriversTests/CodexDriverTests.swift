import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("The driver for Codex's app-server")
struct CodexDriverTests {
    private let prompt = AgentCommand.Prompt(id: PromptID(rawValue: "t_1"), text: "do it")

    private func receive(_ lines: String..., by driver: inout CodexDriver) -> [DriverAction] {
        lines.flatMap { driver.receive(Data($0.utf8)) }
    }

    private func sent(_ actions: [DriverAction]) throws -> [JSONValue] {
        try actions.compactMap { if case .send(let data) = $0 { try JSONLine.decode(JSONValue.self, from: data) } else { nil } }
    }

    private func events(_ actions: [DriverAction]) -> [AgentEvent] {
        actions.compactMap { if case .emit(let event) = $0 { event } else { nil } }
    }

    private func ready() -> CodexDriver {
        var driver = CodexDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        _ = driver.begin()
        _ = receive(#"{"id":1,"result":{"userAgent":"sam/0.163.0 (Debian)"}}"#, #"{"id":2,"result":{"thread":{"id":"th"}}}"#, by: &driver)
        return driver
    }

    @Test("Ready comes when a thread was started, not when the program answered")
    func readiness() throws {
        var driver = CodexDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        #expect(try sent(driver.begin()).map { $0["method"] } == ["initialize"])
        #expect(driver.prompt(prompt).isEmpty)
        let first = receive(#"{"id":1,"result":{"userAgent":"sam/0.163.0 (Debian 12)"}}"#, by: &driver)
        #expect(try sent(first).map { $0["method"] } == ["initialized", "thread/start"])
        #expect(try sent(first).last?["params"]?["cwd"] == "/workspace")
        #expect(events(first).isEmpty)
        #expect(receive(#"{"id":9,"result":{"thread":{"id":"other"}}}"#, by: &driver).isEmpty, "An answer to what was never asked")
        #expect(
            events(receive(#"{"id":2,"result":{"thread":{"id":"th"}}}"#, by: &driver)) == [
                .handshake(AgentIdentity(name: "Codex", version: "0.163.0", conversation: "th"))
            ])
    }

    @Test(
        "A handshake that can't succeed ends with the agent's own words",
        arguments: [
            ([#"{"id":1,"error":{"code":-1,"message":"too old"}}"#], "too old"),
            ([#"{"id":1,"result":{}}"#, #"{"id":2,"error":{"code":-1,"message":"no model"}}"#], "no model"),
            ([#"{"id":1,"result":{}}"#, #"{"id":2,"result":{}}"#], "names no thread"),
        ])
    func refusals(lines: [String], words: String) {
        var driver = CodexDriver(Conversation(workingDirectory: "/workspace", permissions: .ask))
        _ = driver.begin()
        let last = lines.map { driver.receive(Data($0.utf8)) }.last?.last
        guard case .giveUp(.handshakeFailed, let message)? = last else {
            Issue.record("It did not give up: \(String(describing: last))")
            return
        }
        #expect(message.contains(words))
    }

    @Test("A turn: text in pieces is told once, commands and changes with their ends, and the stop reason")
    func turn() throws {
        var driver = ready()
        let handed = try sent(driver.prompt(prompt))
        #expect(handed.first?["method"] == "turn/start" && handed.first?["params"]?["threadId"] == "th")
        let told = events(
            receive(
                #"{"id":3,"result":{"turn":{"id":"tu","status":"inProgress"}}}"#,
                #"{"method":"item/started","params":{"item":{"type":"userMessage","id":"u","content":[]}}}"#,
                #"{"method":"item/agentMessage/delta","params":{"itemId":"m","delta":"Writ"}}"#,
                #"{"method":"item/agentMessage/delta","params":{"itemId":"m","delta":"ing."}}"#,
                #"{"method":"item/completed","params":{"item":{"type":"agentMessage","id":"m","text":"Writing."}}}"#,
                #"{"method":"item/started","params":{"item":{"type":"commandExecution","id":"c","command":"ls","status":"inProgress"}}}"#,
                #"{"method":"item/completed","params":{"item":{"type":"commandExecution","id":"c","command":"ls","status":"failed","aggregatedOutput":"no"}}}"#,
                #"{"method":"item/completed","params":{"item":{"type":"fileChange","id":"f","status":"completed","changes":[{"path":"a","diff":"@@","kind":{}}]}}}"#,
                #"{"method":"thread/tokenUsage/updated","params":{"tokenUsage":{"total":{"inputTokens":5,"outputTokens":6},"last":{"totalTokens":7},"modelContextWindow":8}}}"#,
                #"{"method":"turn/plan/updated","params":{"plan":[{"step":"one","status":"inProgress"}]}}"#,
                #"{"method":"turn/completed","params":{"turn":{"id":"tu","status":"completed"}}}"#, by: &driver))
        #expect(
            told == [
                .message(MessageChunk(id: "m", role: .agent, text: "Writ")), .message(MessageChunk(id: "m", role: .agent, text: "ing.")),
                .toolCall(ToolCall(id: "c", title: "ls", kind: "execute", status: "in_progress")),
                .toolCall(
                    ToolCall(
                        id: "c", title: "ls", kind: "execute", status: "failed",
                        content: [["type": "content", "content": ["type": "text", "text": "no"]]])),
                .toolCall(
                    ToolCall(
                        id: "f", title: "Change a", kind: "edit", status: "completed", locations: [ACP.Location(path: "a")],
                        content: [["type": "content", "content": ["type": "text", "text": "a\n@@"]]])),
                .usage(AgentUsage(input: 5, output: 6, context: 7, window: 8)),
                .plan(Plan(entries: [.init(content: "one", status: "in_progress")])),
                .turnEnded(TurnEnd(prompt: prompt.id, stopReason: "end_turn")),
            ])
        #expect(!driver.prompt(prompt).isEmpty, "The next one can come")
    }

    @Test("A turn that is cancelled before it has an id is stopped as soon as it has one")
    func cancel() throws {
        var driver = ready()
        _ = driver.prompt(prompt)
        #expect(driver.cancelTurn().isEmpty)
        let stopped = try sent(receive(#"{"id":3,"result":{"turn":{"id":"tu"}}}"#, by: &driver))
        #expect(stopped.first?["method"] == "turn/interrupt" && stopped.first?["params"]?["turnId"] == "tu")
        let end = events(receive(#"{"method":"turn/completed","params":{"turn":{"id":"tu","status":"interrupted"}}}"#, by: &driver))
        #expect(end == [.turnEnded(TurnEnd(prompt: prompt.id, stopReason: "cancelled"))])
    }

    @Test("A turn that fails says why")
    func failure() {
        var driver = ready()
        _ = driver.prompt(prompt)
        let refused = events(receive(#"{"id":3,"error":{"code":-1,"message":"busy"}}"#, by: &driver))
        #expect(refused == [.turnEnded(TurnEnd(prompt: prompt.id, stopReason: "error", error: "busy"))])
        _ = driver.prompt(prompt)
        let failed = events(
            receive(
                #"{"id":4,"result":{"turn":{"id":"tu"}}}"#,
                #"{"method":"error","params":{"error":{"message":"429"},"willRetry":true}}"#,
                #"{"method":"error","params":{"error":{"message":"gave up"},"willRetry":false}}"#,
                #"{"method":"turn/completed","params":{"turn":{"id":"tu","status":"failed","error":null}}}"#, by: &driver))
        #expect(
            failed == [
                .note(Note("The agent tries again: 429")),
                .turnEnded(TurnEnd(prompt: prompt.id, stopReason: "error", error: "gave up")),
            ])
    }

    @Test("What it asks to be allowed names the files that it is about, and is answered in its words", arguments: [0, 2, nil])
    func permission(option: Int?) throws {
        var driver = ready()
        _ = driver.prompt(prompt)
        _ = receive(
            #"{"method":"item/started","params":{"item":{"id":"c","type":"fileChange","status":"inProgress","changes":[{"path":"/workspace/a"}]}}}"#,
            by: &driver)
        let asked = receive(#"{"id":5,"method":"item/fileChange/requestApproval","params":{"itemId":"c"}}"#, by: &driver)
        guard case .ask(let permission)? = asked.first else {
            Issue.record("It asks nothing: \(asked)")
            return
        }
        #expect(permission.kind == "edit" && permission.locations == [ACP.Location(path: "/workspace/a")])
        let words = try sent(driver.answer(permission.id, with: option.map { permission.options[$0] }, saying: nil))
        let decision = option.map { ["accept", "acceptForSession", "decline"][$0] } ?? "cancel"
        #expect(words == [["id": 5, "result": ["decision": .string(decision)]]])

        guard
            case .ask(let other)? = receive(
                #"{"id":"r1","method":"item/commandExecution/requestApproval","params":{"itemId":"d","command":"rm -rf /"}}"#, by: &driver
            ).first
        else {
            Issue.record("It asks nothing")
            return
        }
        #expect(other.title == "rm -rf /" && other.kind == "execute")
        #expect(receive(#"{"method":"serverRequest/resolved","params":{"requestId":"r1"}}"#, by: &driver) == [.withdraw(other.id)])
    }

    @Test("A tool server's question is asked where yes or no answers it, and declined where it is a form")
    func toolServers() throws {
        var driver = ready()
        let question = receive(
            #"{"id":8,"method":"mcpServer/elicitation/request","params":{"serverName":"db","message":"Use drop?","requestedSchema":{"type":"object","properties":{}}}}"#,
            by: &driver)
        guard case .ask(let permission)? = question.first else {
            Issue.record("It asks nothing: \(question)")
            return
        }
        #expect(permission.title == "db: Use drop?" && permission.kind == "other")
        #expect(
            try sent(driver.answer(permission.id, with: permission.options[0], saying: nil)) == [
                ["id": 8, "result": ["action": "accept", "content": .object([:])]]
            ])
        let form = receive(
            #"{"id":9,"method":"mcpServer/elicitation/request","params":{"message":"m","requestedSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}}"#,
            by: &driver)
        #expect(try sent(form) == [["id": 9, "result": ["action": "decline"]]])
    }

    @Test("It is asked to ask, but for a session that may do everything", arguments: PermissionMode.allCases)
    func policy(mode: PermissionMode) throws {
        var driver = CodexDriver(Conversation(workingDirectory: "/workspace", permissions: mode))
        _ = driver.begin()
        let start = try sent(receive(#"{"id":1,"result":{}}"#, by: &driver)).last
        #expect(start?["params"]?["approvalPolicy"] == (mode == .everything ? "never" : "untrusted"))
    }

    @Test("One that might do everything and may not any more is told with its next turn, once", arguments: PermissionMode.allCases)
    func tightened(mode: PermissionMode) throws {
        var codex = try CodexFixture(permissions: mode)
        try codex.prompt("t_1")
        codex.driver.tighten(to: .edits)
        codex.driver.tighten(to: .ask)
        try codex.accept("one")
        try codex.end("one")
        for (number, told) in [mode == .everything, false].enumerated() {
            codex.forget()
            try codex.prompt("t_\(number + 2)")
            let start = codex.sent.first { $0["method"] == "turn/start" }
            #expect(start?["params"]?["approvalPolicy"] == (told ? "untrusted" : nil), "\(number)")
            try codex.accept("turn \(number)")
            try codex.end("turn \(number)")
        }
    }

    @Test("Unknown messages are kept, answered or the agent's last words")
    func unknown() throws {
        var driver = ready()
        _ = driver.prompt(prompt)
        let other = receive(#"{"id":7,"method":"item/tool/call","params":{}}"#, by: &driver)
        #expect(try sent(other).first?["error"]?["code"] == -32601)
        let kept = events(receive(#"{"method":"thread/realtime/started","params":{"a":1}}"#, by: &driver))
        #expect(kept == [.other(OtherUpdate(kind: "thread/realtime/started", raw: ["a": 1]))])
        #expect(receive("plain words", "[]", "{}", by: &driver).count == 3)
        #expect(receive(#"{"method":"turn/completed","params":{"turn":{"id":"other","status":"completed"}}}"#, by: &driver).isEmpty)
    }
}
