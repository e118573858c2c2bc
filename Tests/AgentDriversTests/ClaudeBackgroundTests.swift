import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("What Claude Code has running in the background")
struct ClaudeBackgroundTests {
    private func command(_ id: String, by call: String? = nil) -> BackgroundWork.Task {
        BackgroundWork.Task(id: id, kind: .command, title: "do \(id)", toolCall: call)
    }

    private func agent(_ id: String, by call: String? = nil) -> BackgroundWork.Task {
        BackgroundWork.Task(id: id, kind: .agent, title: "do \(id)", toolCall: call)
    }

    private func report(_ id: String, of call: String, _ status: String = "completed") -> AgentEvent {
        .toolCall(
            ToolCall(
                id: call, status: status, content: [["type": "content", "content": ["type": "text", "text": .string("report of \(id)")]]]))
    }

    @Test("A command that runs on after the answer is reported, and the turn that its end begins belongs to its prompt")
    func command() {
        var claude = ClaudeProgram()
        #expect(claude.begin("p1") == [.began("p1")])
        #expect(claude.says(ClaudeProgram.set("b1")) == [.running(command("b1"))])
        #expect(claude.says(ClaudeProgram.set("b1")).isEmpty, "Nothing has changed")
        #expect(claude.says(ClaudeProgram.started("b1", by: "toolu_01")) == [.running(command("b1", by: "toolu_01"))])
        #expect(claude.says(ClaudeProgram.success) == [.over("p1")])
        #expect(!claude.write("p2").isEmpty, "The next prompt may go")
        #expect(claude.says(claude.lifecycle("p2", "queued"), claude.lifecycle("p2", "started"), ClaudeProgram.start).isEmpty)
        #expect(claude.says(ClaudeProgram.success) == [.over("p2")])
        #expect(
            claude.says(
                #"{"type":"system","subtype":"task_updated","task_id":"b1","patch":{"status":"completed"}}"#,
                ClaudeProgram.ended("b1", by: "toolu_01"), ClaudeProgram.set(), ClaudeProgram.start)
                == [report("b1", of: "toolu_01"), .running(), .began("p1", followUp: true)])
        #expect(
            claude.says(
                #"{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"It is done."}]},"parent_tool_use_id":null}"#,
                ClaudeProgram.own("run-b1"), ClaudeProgram.idle)
                == [.message(MessageChunk(id: "m", role: .agent, text: "It is done.")), .over("p1", followUp: true)])
    }

    @Test("The start of a task can be told before the set")
    func order() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        #expect(claude.says(ClaudeProgram.started("a1", by: "toolu_01")).isEmpty)
        #expect(claude.says(ClaudeProgram.set("a1")) == [.running(agent("a1", by: "toolu_01"))])
    }

    @Test("A prompt during a turn of the program's own waits for its end, and has its own result")
    func waiting() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1"), ClaudeProgram.started("a1", by: "toolu_01"), ClaudeProgram.success)
        claude.says(ClaudeProgram.ended("a1", by: "toolu_01"), ClaudeProgram.set(), ClaudeProgram.start)
        #expect(claude.write("p2") == [.began("p2")])
        #expect(claude.says(claude.lifecycle("p2", "queued")).isEmpty)
        #expect(claude.says(ClaudeProgram.own("run-a1")) == [.over("p1", followUp: true)])
        #expect(claude.says(claude.lifecycle("p2", "started"), ClaudeProgram.start).isEmpty)
        #expect(claude.says(ClaudeProgram.success) == [.over("p2")])
    }

    @Test("A prompt that is written as the program begins its own turn has not begun by that")
    func race() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1"), ClaudeProgram.started("a1", by: "toolu_01"), ClaudeProgram.success)
        claude.says(ClaudeProgram.ended("a1", by: "toolu_01"), ClaudeProgram.set())
        claude.write("p2")
        #expect(claude.says(ClaudeProgram.start) == [.began("p1", followUp: true)], "This was on its way before")
        #expect(claude.says(claude.lifecycle("p2", "queued"), ClaudeProgram.own("run-a1")) == [.over("p1", followUp: true)])
        #expect(claude.says(claude.lifecycle("p2", "started"), ClaudeProgram.start, ClaudeProgram.success) == [.over("p2")])
    }

    @Test("A prompt that the program merges into its own turn ends with it", arguments: [true, false])
    func taken(isStartTold: Bool) {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1"), ClaudeProgram.started("a1", by: "toolu_01"), ClaudeProgram.success)
        claude.says(ClaudeProgram.ended("a1", by: "toolu_01"), ClaudeProgram.set(), ClaudeProgram.start)
        claude.write("p2")
        if isStartTold { claude.says(claude.lifecycle("p2", "started")) }
        #expect(claude.says(claude.lifecycle("p2", "completed")).isEmpty)
        #expect(claude.says(ClaudeProgram.own("run-a1")) == [.over("p1", followUp: true), .over("p2")])
        #expect(claude.begin("p3") == [.began("p3")])
    }

    @Test("Two that end together are one turn, whose first result is empty: the agent never appears idle between")
    func together() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("b1", "b2"), ClaudeProgram.success)
        claude.says(ClaudeProgram.ended("b1", by: "t1"), ClaudeProgram.ended("b2", by: "t2"), ClaudeProgram.set())
        #expect(claude.says(ClaudeProgram.start) == [.began("p1", followUp: true)])
        #expect(claude.says(ClaudeProgram.own("run-b1", #""result":"","num_turns":0"#)).isEmpty)
        #expect(claude.says(ClaudeProgram.start).isEmpty)
        #expect(claude.says(ClaudeProgram.own("run-b2")) == [.over("p1", followUp: true)])
        #expect(claude.says(ClaudeProgram.own("run-b3", #""result":"","num_turns":0"#)).isEmpty, "A result of nothing is nothing")
    }

    @Test("What ends during a turn and is told in it ends with it; what is not begins another before the first is told as over")
    func during() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("b1"), ClaudeProgram.ended("b1", by: "t1"), ClaudeProgram.set())
        #expect(claude.says(ClaudeProgram.success).isEmpty, "Another turn may follow at once")
        #expect(claude.says(claude.lifecycle("p1", "completed"), ClaudeProgram.idle) == [.over("p1")])

        claude.begin("p2")
        claude.says(ClaudeProgram.set("b2"), ClaudeProgram.ended("b2", by: "t2"), ClaudeProgram.set(), ClaudeProgram.success)
        #expect(claude.says(ClaudeProgram.start) == [.began("p2", followUp: true), .over("p2")])
        #expect(claude.says(ClaudeProgram.own("run-b2")) == [.over("p2", followUp: true)])

        claude.begin("p3")
        claude.says(ClaudeProgram.set("b3", "a4"), ClaudeProgram.ended("b3", by: "t3"), ClaudeProgram.set("a4"))
        #expect(claude.says(ClaudeProgram.success) == [.over("p3")], "Something else runs, which says that it is not idle")
    }

    @Test("A program that tells no state and no progress is not waited for")
    func old() {
        var claude = ClaudeProgram(tellsState: false)
        claude.write("p1")
        claude.says(ClaudeProgram.start, ClaudeProgram.set("b1"), ClaudeProgram.ended("b1", by: "t1"), ClaudeProgram.set())
        #expect(claude.says(ClaudeProgram.success) == [.over("p1")])
        #expect(claude.says(ClaudeProgram.start) == [.began("p1", followUp: true)])
        #expect(claude.says(ClaudeProgram.success) == [.over("p1", followUp: true)], "The result of a turn of its own, without saying so")
        #expect(claude.write("p2") == [.began("p2")])
        #expect(claude.says(ClaudeProgram.start, ClaudeProgram.success) == [.over("p2")])
    }

    @Test("What a sub-agent begins is for the prompt that the sub-agent is for")
    func causes() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1"), ClaudeProgram.started("a1", by: "toolu_01"), ClaudeProgram.success)
        claude.begin("p2")
        claude.says(
            #"{"type":"assistant","parent_tool_use_id":"toolu_01","agent_id":"a1","message":{"id":"m","content":[{"type":"tool_use","id":"toolu_b","name":"Bash","input":{"command":"sleep 9"}}]}}"#,
            ClaudeProgram.started("b2", by: "toolu_b"), ClaudeProgram.set("a1", "b2"), ClaudeProgram.success)
        // A sub-agent's own sub-agent is shown under the call that a person sees.
        let nested = claude.says(
            ClaudeProgram.started("a3", by: "toolu_inner", #","parent_task_id":"a1","spawn_depth":2"#),
            ClaudeProgram.set("a1", "b2", "a3"))
        #expect(nested == [.running(agent("a1", by: "toolu_01"), command("b2", by: "toolu_b"), agent("a3", by: "toolu_01"))])
        claude.says(ClaudeProgram.ended("b2", by: "toolu_b"), ClaudeProgram.set("a1", "a3"))
        #expect(claude.says(ClaudeProgram.start) == [.began("p1", followUp: true)])
    }

    @Test("Watchers are ambient, unknown kinds are other, and foreground agents are none")
    func kinds() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        let told = claude.says(
            #"{"type":"system","subtype":"background_tasks_changed","tasks":[{"task_id":"m1","task_type":"monitor_ws","description":"watch","ambient":true},{"task_id":"r1","task_type":"remote_agent","description":""}]}"#
        )
        #expect(
            told == [
                .running(
                    BackgroundWork.Task(id: "r1", kind: .agent, title: "remote_agent"),
                    BackgroundWork.Task(id: "m1", kind: .other, title: "watch", isAmbient: true))
            ])
        let foreground = claude.says(
            ClaudeProgram.started("a1", by: "toolu_01").replacing(#""is_backgrounded":true"#, with: #""is_backgrounded":false"#),
            ClaudeProgram.ended("a1", by: "toolu_01"))
        #expect(foreground.isEmpty, "Its call's own result tells of it")
    }

    // MARK: - Stopping

    @Test("A turn is stopped with all that runs beside it, with what waits, and with what begins meanwhile")
    func cancel() {
        var claude = ClaudeProgram()
        #expect(claude.cancel().isEmpty && claude.requests().isEmpty, "Nothing runs")
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1", "b1"))
        _ = claude.requests()
        claude.cancel()
        let stop: (String) -> JSONValue = { ["subtype": "stop_task", "task_id": .string($0)] }
        let interrupt: JSONValue = ["subtype": "interrupt", "cancel_queued": true]
        #expect(claude.requests() == [interrupt, stop("a1"), stop("b1")])
        claude.says(ClaudeProgram.set("b1", "b2"))
        #expect(claude.requests() == [stop("b2")], "Each is asked once")
        let aborted =
            #"{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools","errors":["x"]}"#
        #expect(claude.says(aborted) == [.over("p1", "cancelled")])
        #expect(claude.says(ClaudeProgram.ended("a1", by: "t1", "stopped")) == [report("a1", of: "t1", "failed")])
        // The end of a sub-agent that was stopped begins a turn, which is stopped.
        #expect(claude.says(ClaudeProgram.set(), ClaudeProgram.start) == [.running(), .began("p1", followUp: true)])
        #expect(claude.requests() == [["subtype": "interrupt"]])
        let own = aborted.replacing(#""errors""#, with: #""origin":{"kind":"task-notification","runId":"run-a1"},"errors""#)
        #expect(claude.says(own) == [.over("p1", "cancelled", followUp: true)])
        // The next prompt goes on as ever.
        claude.begin("p2")
        claude.says(ClaudeProgram.set("b9"))
        #expect(claude.requests().isEmpty)
    }

    @Test("A prompt that waits is stopped too, without a result")
    func cancelWaiting() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1"), ClaudeProgram.success, ClaudeProgram.ended("a1", by: "t"), ClaudeProgram.set())
        claude.says(ClaudeProgram.start)
        claude.write("p2")
        claude.says(claude.lifecycle("p2", "queued"))
        claude.cancel()
        #expect(claude.requests() == [["subtype": "interrupt", "cancel_queued": true]])
        #expect(claude.says(claude.lifecycle("p2", "cancelled")) == [.over("p2", "cancelled")])
        let own = ClaudeProgram.own("run-a1", #""is_error":true,"terminal_reason":"aborted_streaming""#)
        #expect(claude.says(own) == [.over("p1", "cancelled", followUp: true)])
        #expect(claude.begin("p3") == [.began("p3")])
    }

    @Test("The end of a turn that came first is not taken for that of the next")
    func stopRace() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.cancel()
        #expect(claude.says(ClaudeProgram.success) == [.over("p1", "cancelled")])
        claude.write("p2")
        #expect(claude.says(claude.lifecycle("p1", "cancelled")).isEmpty, "That was the one before")
        #expect(claude.says(claude.lifecycle("p2", "started"), ClaudeProgram.start, ClaudeProgram.success) == [.over("p2")])
    }

    @Test("What runs beside is stopped without the person's turn")
    func stopBeside() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1", "b1"))
        claude.stopBackground()
        #expect(claude.requests().compactMap { $0["subtype"]?.string } == ["stop_task", "stop_task"])
        claude.says(ClaudeProgram.set("b1", "b2"))
        #expect(claude.requests().isEmpty, "The turn may begin more")
        claude.says(ClaudeProgram.success, ClaudeProgram.ended("a1", by: "t1", "stopped"), ClaudeProgram.start)
        claude.stopBackground()
        #expect(claude.requests().compactMap { $0["subtype"]?.string } == ["stop_task", "interrupt"])
        claude.says(ClaudeProgram.own("run-a1", #""is_error":true,"terminal_reason":"aborted_streaming""#), ClaudeProgram.set())
        #expect(claude.stopBackground().isEmpty && claude.requests().isEmpty, "Nothing runs")
    }

    @Test("With a prompt written, the program's own turn is not stopped: the stop could hit the person's")
    func stopBesideWaiting() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("a1"), ClaudeProgram.success, ClaudeProgram.ended("a1", by: "t"), ClaudeProgram.set("b1"))
        claude.says(ClaudeProgram.start)
        claude.write("p2")
        _ = claude.requests()
        claude.stopBackground()
        #expect(claude.requests().compactMap { $0["subtype"]?.string } == ["stop_task"])
    }

    // MARK: - What may come besides

    @Test("A set that never empties is asked to stop once, and a set that grows without end is bounded")
    func bounds() throws {
        var claude = ClaudeProgram()
        claude.begin("p1")
        let many = claude.says(ClaudeProgram.set((0..<1_200).map { "b\($0)" }))
        guard case .background(let work)? = many.first, many.count == 1 else {
            Issue.record("\(many.count)")
            return
        }
        #expect(work.tasks.count == 64)
        claude.cancel()
        #expect(claude.requests().count == 501)
        claude.says(ClaudeProgram.set((0..<1_200).map { "b\($0)" }))
        claude.cancel()
        #expect(claude.requests() == [["subtype": "interrupt", "cancel_queued": true]])
        for round in 0..<12 { claude.says(ClaudeProgram.set((0..<100).map { "a\(round)-\($0)" })) }
        let long = String(repeating: "x", count: 100_000)
        let told = claude.says(
            #"{"type":"system","subtype":"background_tasks_changed","tasks":[{"task_id":"l","task_type":"\#(long)","description":"\#(long)"},{"task_id":"\#(long)"}]}"#
        )
        guard case .background(let cut)? = told.last else {
            Issue.record("\(told)")
            return
        }
        #expect(cut.tasks.count == 1 && cut.tasks.allSatisfy { $0.title.utf8.count == 500 && $0.kind == .other })
    }

    @Test(
        "Broken messages of tasks change nothing",
        arguments: [
            #"{"type":"system","subtype":"background_tasks_changed","tasks":[{},{"task_id":7},{"task_id":""},"x",null]}"#,
            #"{"type":"system","subtype":"task_started"}"#, #"{"type":"system","subtype":"task_started","task_id":[]}"#,
            #"{"type":"system","subtype":"task_notification","task_id":"unknown","status":"completed","tool_use_id":"t"}"#,
            #"{"type":"system","subtype":"task_notification"}"#, #"{"type":"system","subtype":"task_updated","patch":7}"#,
            #"{"type":"system","subtype":"task_progress"}"#, #"{"type":"system","subtype":"session_state_changed"}"#,
            #"{"type":"command_lifecycle"}"#, #"{"type":"command_lifecycle","command_uuid":"none","state":"completed"}"#,
            #"{"type":"result","origin":{"kind":"task-notification"}}"#, #"{"type":"system","subtype":"status","status":null}"#,
        ])
    func broken(_ line: String) {
        var claude = ClaudeProgram()
        claude.begin("p1")
        #expect(claude.says(line).isEmpty)
        #expect(claude.says(ClaudeProgram.success) == [.over("p1")])
    }

    @Test("A set that can't be read is kept, and the one before stays in effect")
    func unreadable() {
        var claude = ClaudeProgram()
        claude.begin("p1")
        claude.says(ClaudeProgram.set("b1"))
        let kept = claude.says(#"{"type":"system","subtype":"background_tasks_changed","tasks":{}}"#)
        guard case .other? = kept.first, kept.count == 1 else {
            Issue.record("\(kept)")
            return
        }
        claude.cancel()
        #expect(claude.requests().count == 2)
    }
}
