import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("What Claude Code writes down as its steps")
struct ClaudePlanTests {
    private func call(_ tool: String, _ input: String, id: String = "t", of: String = #""parent_tool_use_id":null"#) -> String {
        #"{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"\#(id)","name":"\#(tool)","input":\#(input)}]},\#(of)}"#
    }

    private func result(_ details: String?, text: String = "ok", id: String = "t", isError: Bool = false) -> String {
        let more = details.map { #","tool_use_result":\#($0)"# } ?? ""
        return
            #"{"type":"user","message":{"content":[{"tool_use_id":"\#(id)","type":"tool_result","content":"\#(text)","is_error":\#(isError)}]}\#(more)}"#
    }

    private func plans(_ events: [AgentEvent]) -> [[String]] {
        events.compactMap { event in
            guard case .plan(let plan) = event else { return nil }
            return plan.entries.map { "\($0.content): \($0.status)" }
        }
    }

    @Test("Its task tools make the plan, a sub-agent's too")
    func tasks() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        let made = claude.says(
            call("TaskCreate", #"{"subject":"one","description":"d","activeForm":"doing"}"#, id: "t1"),
            call("TaskCreate", #"{"subject":"two","description":"d"}"#, id: "t2"),
            result(#"{"task":{"id":"1","subject":"one"}}"#, id: "t1"), result(#"{"task":{"id":"2","subject":"two"}}"#, id: "t2"))
        #expect(plans(made) == [["one: pending"], ["one: pending", "two: pending"]])
        let changed = claude.says(
            call("TaskUpdate", #"{"taskId":"1","status":"in_progress"}"#),
            result(#"{"success":true,"taskId":"1","updatedFields":["status"],"statusChange":{"from":"pending","to":"in_progress"}}"#),
            call("TaskUpdate", #"{"taskId":"2","status":"completed","subject":"second"}"#), result(#"{"success":true,"taskId":"2"}"#))
        #expect(plans(changed) == [["one: in_progress", "two: pending"], ["one: in_progress", "second: completed"]])
        // Of a sub-agent's calls only the words come.
        let of = #""parent_tool_use_id":"toolu_01","agent_id":"a1""#
        let inner = claude.says(
            call("TaskCreate", #"{"subject":"subtask","description":"d"}"#, of: of),
            result(nil, text: "Task #3 created successfully: subtask"))
        #expect(plans(inner).last?.last == "subtask: pending")
        let removed = claude.says(
            call("TaskUpdate", #"{"taskId":"2","status":"deleted"}"#),
            result(#"{"success":true,"taskId":"2","statusChange":{"from":"completed","to":"deleted"}}"#))
        #expect(plans(removed) == [["one: in_progress", "subtask: pending"]])
        let listed = claude.says(
            call("TaskList", "{}"), result(#"{"tasks":[{"id":"1","subject":"one","status":"completed","blockedBy":[]}]}"#))
        #expect(plans(listed) == [["one: completed"]])
    }

    @Test(
        "What changed nothing, failed or can't be read leaves the plan as it is",
        arguments: [
            ("TaskUpdate", #"{"taskId":"1","status":"pending"}"#, #"{"success":true}"#, false),
            ("TaskUpdate", #"{"taskId":"1","status":"completed"}"#, #"{"success":false}"#, false),
            ("TaskUpdate", #"{"taskId":"1","status":"completed"}"#, nil, true),
            ("TaskUpdate", #"{"taskId":"9","status":"completed"}"#, #"{"success":true}"#, false),
            ("TaskUpdate", #"{"taskId":1,"status":"done"}"#, #"{"success":true}"#, false),
            ("TaskUpdate", #"{"taskId":"1","status":"bogus"}"#, nil, false), ("TaskCreate", "{}", #"{"task":{"id":"2"}}"#, false),
            ("TaskCreate", #"{"subject":"x"}"#, nil, false), ("TaskCreate", #"{"subject":"x"}"#, #"{"task":{"id":"1"}}"#, false),
            ("TaskList", "{}", #"{"tasks":7}"#, false), ("TaskList", "null", nil, false), ("TaskGet", "{}", #"{"tasks":[]}"#, false),
        ] as [(String, String, String?, Bool)])
    func unchanged(tool: String, input: String, details: String?, isError: Bool) {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(call("TaskCreate", #"{"subject":"one"}"#), result(#"{"task":{"id":"1","subject":"one"}}"#))
        #expect(plans(claude.says(call(tool, input), result(details, isError: isError))).isEmpty)
    }

    @Test("A list without end is bounded")
    func bounds() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        let long = String(repeating: "x", count: 2_000)
        let tasks = (0..<3_000).map { #"{"id":"\#($0)","subject":"\#(long)"}"# }.joined(separator: ",")
        let listed = claude.says(call("TaskList", "{}"), result(#"{"tasks":[\#(tasks)]}"#))
        #expect(plans(listed).first?.count == 200 && plans(listed).first?.allSatisfy { $0.utf8.count < 600 } == true)
        #expect(plans(claude.says(call("TaskCreate", #"{"subject":"y"}"#), result(#"{"task":{"id":"n","subject":"y"}}"#))).isEmpty)
    }
}
