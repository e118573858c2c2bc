import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("Codex's sub-agents and background work after a turn")
struct CodexThreadTests {
    private static let agent = BackgroundWork.Task(id: "sub", kind: .agent, title: "helper", toolCall: "call_4")

    private static func command(_ id: String, _ title: String) -> BackgroundWork.Task {
        BackgroundWork.Task(id: id, kind: .command, title: title, toolCall: id)
    }

    @Test("A sub-agent's text, calls and thoughts belong to the call that started it, also after the main turn")
    func attribution() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        #expect(codex.background == [BackgroundWork(tasks: [Self.agent])])
        #expect(codex.calls.first == ToolCall(id: "call_4", title: "Start the agent helper", kind: "think", status: "in_progress"))
        codex.forget()
        try codex.tell("item/agentMessage/delta", in: "sub", ["turnId": "subturn", "itemId": "msg_1", "delta": "sub begi"])
        try codex.tell("item/completed", in: "sub", ["item": ["type": "agentMessage", "id": "msg_1", "text": "sub begins"]])
        try codex.tell("item/agentMessage/delta", in: "main", ["turnId": "turn", "itemId": "msg_1", "delta": "main"])
        try codex.end("turn")
        try codex.tell("item/reasoning/summaryTextDelta", in: "sub", ["itemId": "r", "delta": "hm"])
        try codex.command("exec-1", "ls", in: "sub", turn: "subturn")
        try codex.command("exec-1", "ls", in: "sub", turn: "subturn", "completed")
        try codex.tell("item/completed", in: "sub", ["item": ["type": "agentMessage", "id": "msg_2", "text": "sub done"]])
        #expect(
            codex.messages == [
                MessageChunk(id: "sub/msg_1", role: .agent, text: "sub begi", parent: "call_4"),
                MessageChunk(id: "msg_1", role: .agent, text: "main"),
                MessageChunk(id: "sub/r", role: .thought, text: "hm", parent: "call_4"),
                MessageChunk(id: "sub/msg_2", role: .agent, text: "sub done", parent: "call_4"),
            ])
        #expect(codex.calls.map(\.parent) == ["call_4", "call_4"] && codex.calls.map(\.id) == ["sub/exec-1", "sub/exec-1"])
        #expect(codex.turnEnds.map(\.prompt) == ["t_1"], "Its turn is none of the conversation's")
        #expect(codex.background.isEmpty, "It goes on")
        codex.forget()
        try codex.tell("thread/status/changed", in: "sub", ["status": ["type": "idle"]])
        try codex.end("subturn", in: "sub")
        #expect(codex.events == [.background(BackgroundWork(tasks: []))], "Its end is no turn's")
    }

    @Test("5.5 names a sub-agent in the call's result; its report is in the result of waiting for it")
    func collaboration() throws {
        var codex = try CodexFixture.running()
        var item: [String: JSONValue] = [
            "type": "collabAgentToolCall", "id": "call_4", "tool": "spawnAgent", "status": "inProgress", "senderThreadId": "main",
            "receiverThreadIds": [], "prompt": "SUB helper", "agentsStates": .object([:]),
        ]
        try codex.tell("item/started", in: "main", ["item": .object(item)])
        try codex.tell("thread/status/changed", in: "sub", ["status": ["type": "idle"]])
        item["status"] = "completed"
        item["receiverThreadIds"] = ["sub"]
        item["agentsStates"] = ["sub": ["status": "pendingInit", "message": nil]]
        try codex.tell("item/completed", in: "main", ["item": .object(item)])
        try codex.begin("subturn", in: "sub")
        #expect(codex.background.last?.tasks.map(\.title) == ["SUB helper"] && codex.background.last?.tasks.first?.toolCall == "call_4")
        #expect(codex.calls.map(\.title) == ["Start an agent: SUB helper", "Start an agent: SUB helper"])
        codex.forget()
        item = [
            "type": "collabAgentToolCall", "id": "call_9", "tool": "wait", "status": "completed", "receiverThreadIds": ["sub"],
            "agentsStates": ["sub": ["status": "completed", "message": "the report"]],
        ]
        try codex.tell("item/completed", in: "main", ["item": .object(item)])
        #expect(codex.calls.first?.content == [["type": "content", "content": ["type": "text", "text": "the report"]]])
    }

    @Test("A sub-agent's own sub-agents belong to the main thread's call; one without a starter has its own name")
    func nesting() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.spawn("inner", turn: "innerturn", by: "call_18", in: "sub")
        try codex.tell("item/completed", in: "inner", ["item": ["type": "agentMessage", "id": "m", "text": "inner"]])
        try codex.tell("item/completed", in: "stranger", ["item": ["type": "agentMessage", "id": "m", "text": "who?"]])
        #expect(codex.messages.map(\.parent) == ["call_4", "stranger"])
        #expect(codex.background.last?.tasks.map(\.toolCall) == ["call_4", "call_4"])
        #expect(codex.calls.last { $0.id == "sub/call_18" }?.parent == "call_4")
    }

    @Test("A command that runs on after its turn is waited for, and one that never began or is over is not")
    func commands() throws {
        var codex = try CodexFixture.running()
        try codex.command("bg", "sleep 4", in: "main", turn: "turn")
        try codex.command("gone", "true", in: "main", turn: "turn")
        #expect(codex.background.isEmpty, "While its turn runs it is a call like others")
        codex.forget()
        try codex.end("turn")
        let tasks = [Self.command("bg", "sleep 4"), Self.command("gone", "true")]
        #expect(
            codex.events == [
                .background(BackgroundWork(tasks: tasks)), .turnEnded(TurnEnd(prompt: "t_1", stopReason: "end_turn")),
            ], "It is known before the turn is over")
        #expect(codex.methods == ["thread/backgroundTerminals/list"])
        let list = try #require(codex.sent.last?["id"])
        codex.forget()
        try codex.answer(list, ["data": [["itemId": "bg", "processId": "3934", "command": "sleep 4", "cwd": "/w"]], "nextCursor": nil])
        #expect(
            codex.events == [
                .toolCall(ToolCall(id: "gone", status: "failed")), .background(BackgroundWork(tasks: [tasks[0]])),
            ])
        codex.forget()
        try codex.command("bg", "sleep 4", in: "main", turn: "turn", "completed")
        #expect(codex.background == [BackgroundWork(tasks: [])] && codex.turnEnds.isEmpty)
    }

    @Test("A command that waits to be allowed never began when its turn is stopped")
    func asking() throws {
        var codex = try CodexFixture.running()
        try codex.command("c", "rm x", in: "main", turn: "turn")
        try codex.tell(
            #"{"method":"item/commandExecution/requestApproval","id":0,"params":{"threadId":"main","turnId":"turn","itemId":"c","command":"rm x"}}"#
        )
        codex.forget()
        try codex.end("turn", "interrupted")
        #expect(codex.calls == [ToolCall(id: "c", status: "failed")] && codex.background.isEmpty && codex.sent.isEmpty)
    }

    @Test("What an interrupted turn has left open is closed")
    func openItems() throws {
        var codex = try CodexFixture.running()
        try codex.tell(
            "item/started", in: "main",
            ["turnId": "turn", "item": ["type": "mcpToolCall", "id": "a", "tool": "t", "status": "inProgress"]])
        try codex.tell("item/agentMessage/delta", in: "main", ["turnId": "turn", "itemId": "m", "delta": "half"])
        try codex.end("turn", "interrupted")
        #expect(codex.calls.last == ToolCall(id: "a", status: "failed"))
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "cancelled")])
    }

    // MARK: - Stopping

    @Test("Stopping interrupts each turn once, and ends what the turns leave running")
    func stop() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.command("bg", "sleep 50", in: "main", turn: "turn")
        try codex.command("fg", "sleep 60", in: "sub", turn: "subturn")
        codex.forget()
        for _ in 1...3 { try codex.act { $0.cancelTurn() } }
        let interrupts = codex.sent.map { [$0["method"], $0["params"]?["threadId"], $0["params"]?["turnId"]] }
        #expect(interrupts == [["turn/interrupt", "main", "turn"], ["turn/interrupt", "sub", "subturn"]])
        codex.forget()
        try codex.end("turn", "interrupted")
        try codex.end("subturn", in: "sub", "interrupted")
        #expect(
            codex.sent.map { [$0["method"], $0["params"]?["threadId"]] } == [
                ["thread/backgroundTerminals/clean", "main"], ["thread/backgroundTerminals/clean", "sub"],
            ])
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "cancelled")])
        try codex.command("bg", "sleep 50", in: "main", turn: "turn", "failed")
        try codex.command("fg", "sleep 60", in: "sub", turn: "subturn", "failed")
        #expect(codex.background.last?.tasks == [])
        codex.forget()
        try codex.spawn("late", turn: "lateturn", by: "call_5")
        #expect(codex.sent.map { $0["params"]?["turnId"] } == ["lateturn"], "What begins after it is stopped too")
        try codex.prompt("t_2")
        try codex.accept("turn2")
        codex.forget()
        try codex.spawn("new", turn: "newturn", by: "call_6")
        #expect(codex.sent.isEmpty, "After the next prompt it may begin again")
    }

    @Test("Stopping when no turn runs stops the background work", arguments: [false, true])
    func stopAfterwards(isBackground: Bool) throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.command("bg", "sleep 50", in: "main", turn: "turn")
        try codex.end("turn")
        codex.forget()
        try codex.act { isBackground ? $0.stopBackground() : $0.cancelTurn() }
        #expect(codex.methods == ["turn/interrupt", "thread/backgroundTerminals/clean"])
        #expect(codex.sent.map { $0["params"]?["threadId"] } == ["sub", "main"])
        try codex.act { $0.cancelTurn() }
        #expect(codex.methods.filter { $0 == "turn/interrupt" }.count == 1)
    }

    @Test("Nothing is sent to stop what does not run")
    func idleStop() throws {
        var codex = try CodexFixture()
        try codex.act { $0.cancelTurn() + $0.stopBackground() }
        #expect(codex.sent.isEmpty && codex.actions.isEmpty)
    }

    @Test("Stopping what runs beside leaves a person's turn and its command alone")
    func stopBeside() throws {
        var codex = try CodexFixture.running()
        try codex.command("old", "sleep 50", in: "main", turn: "turn")
        try codex.end("turn")
        try codex.prompt("t_2")
        try codex.accept("turn2")
        try codex.spawn()
        try codex.command("own", "make", in: "main", turn: "turn2")
        codex.forget()
        try codex.act { $0.stopBackground() }
        #expect(codex.methods == ["turn/interrupt", "thread/backgroundTerminals/list"])
        #expect(codex.sent[0]["params"]?["turnId"] == "subturn")
        let list = try #require(codex.sent.last?["id"])
        codex.forget()
        try codex.answer(list, ["data": [["itemId": "old", "processId": "1"], ["itemId": "own", "processId": "2"]]])
        #expect(codex.sent.map { $0["params"] } == [["threadId": "main", "processId": "1"]])
        #expect(codex.methods == ["thread/backgroundTerminals/terminate"])
        try codex.end("turn2")
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_2", stopReason: "end_turn")])
    }

    // MARK: - Usage, errors, hostile input

    @Test("What all agents used is told together, and the window is the main thread's")
    func usage() throws {
        var codex = try CodexFixture.running()
        func tokens(_ input: Int) -> [String: JSONValue] {
            [
                "tokenUsage": [
                    "total": ["inputTokens": .integer(input), "outputTokens": 1], "last": ["totalTokens": .integer(input)],
                    "modelContextWindow": 100,
                ]
            ]
        }
        try codex.tell("thread/tokenUsage/updated", in: "main", tokens(5))
        try codex.tell("thread/tokenUsage/updated", in: "sub", tokens(7))
        try codex.tell("thread/tokenUsage/updated", in: "sub", tokens(Int.max))
        #expect(
            codex.events == [
                .usage(AgentUsage(input: 5, output: 1, context: 5, window: 100)), .usage(AgentUsage(input: 12, output: 2)),
                .usage(AgentUsage(input: Int.max, output: 2)),
            ])
    }

    @Test("A sub-agent that fails is a note, and its plan and error are not the conversation's")
    func failures() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        codex.forget()
        try codex.tell("turn/plan/updated", in: "sub", ["plan": [["step": "one", "status": "pending"]]])
        try codex.tell("error", in: "sub", ["error": ["message": "gave up"], "willRetry": false])
        try codex.end("subturn", in: "sub", "failed")
        #expect(codex.notes == ["A sub-agent (helper) failed: gave up"])
        try codex.end("turn", "failed")
        #expect(codex.turnEnds.first?.error == "It does not say why.")
        #expect(!codex.events.contains { if case .plan = $0 { true } else { false } })
    }

    @Test("A thread that Codex puts away runs nothing")
    func closed() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.command("c", "sleep 9", in: "sub", turn: "subturn")
        codex.forget()
        try codex.tell("thread/status/changed", in: "sub", ["status": ["type": "notLoaded"]])
        #expect(codex.background == [BackgroundWork(tasks: [])])
        #expect(codex.calls == [ToolCall(id: "sub/c", status: "failed", parent: "call_4")])
        try codex.tell("thread/closed", in: "main")
        try codex.end("turn")
        #expect(codex.turnEnds.count == 1, "The conversation's own thread is never put away")
    }

    @Test("Warnings that each thread repeats are told once")
    func warnings() throws {
        var codex = try CodexFixture.running()
        for thread in ["main", "a", "b"] { try codex.tell("warning", in: thread, ["message": "Careful."]) }
        #expect(codex.notes == ["Careful."])
    }

    @Test(
        "Messages that are broken end nothing and stop nothing",
        arguments: [
            #"{"method":"turn/completed","params":{"threadId":"main","turn":{"id":"other","status":"completed"}}}"#,
            #"{"method":"turn/completed","params":{"threadId":"main"}}"#, #"{"method":"turn/completed","params":[]}"#,
            #"{"method":"turn/completed","params":{"threadId":"sub","turn":{"id":"turn","status":"completed"}}}"#,
            #"{"method":"turn/completed","params":{"threadId":7,"turn":{"id":"x"}}}"#, #"{"method":"turn/started"}"#,
            #"{"method":"item/started","params":{"threadId":"main","item":{"type":"subAgentActivity","id":"a","kind":"started","agentThreadId":"main"}}}"#,
            #"{"method":"item/completed","params":{"threadId":"main","item":{"type":"collabAgentToolCall","id":"a","tool":"spawnAgent","receiverThreadIds":"x","agentsStates":[]}}}"#,
            #"{"method":"item/started","params":{"threadId":"sub","item":{"type":"subAgentActivity","id":"a","kind":"started","agentThreadId":"sub"}}}"#,
            #"{"method":"thread/status/changed","params":{"threadId":"sub","status":"active"}}"#,
            #"{"id":99,"result":{"data":[]}}"#, #"{"id":"3","result":{"turn":{"id":"stolen"}}}"#,
            #"{"id":3,"result":{"turn":{"id":"stolen"}}}"#,
        ])
    func broken(line: String) throws {
        var codex = try CodexFixture.running()
        try codex.tell(line)
        #expect(codex.turnEnds.isEmpty && codex.background.isEmpty)
        codex.forget()
        try codex.tell("item/completed", in: "main", ["item": ["type": "agentMessage", "id": "m", "text": "mine"]])
        #expect(codex.messages == [MessageChunk(id: "m", role: .agent, text: "mine")])
        try codex.end("turn")
        #expect(codex.turnEnds == [TurnEnd(prompt: "t_1", stopReason: "end_turn")])
    }

    @Test("Any number of threads and commands is taken, and a bounded one kept and shown")
    func flood() throws {
        var codex = try CodexFixture.running()
        for number in 1...700 { try codex.begin("t\(number)", in: "thread\(number)") }
        #expect(codex.background.last?.tasks.count == 64)
        let shown = codex.background.count
        for number in 300...400 { try codex.command("c", "x", in: "thread\(number)", turn: "other") }
        #expect(codex.background.count == shown, "What is not shown is not told")
        for number in 1...700 { try codex.end("t\(number)", in: "thread\(number)") }
        for number in 300...400 { try codex.command("c", "x", in: "thread\(number)", turn: "other", "completed") }
        #expect(codex.background.last?.tasks.isEmpty == true)
        for number in 1...1_200 { try codex.command("c\(number)", "x", in: "main", turn: "turn") }
        try codex.end("turn")
        #expect(codex.background.last?.tasks.count == 64 && codex.turnEnds.count == 1)
        let list = try #require(codex.sent.last { $0["method"] == "thread/backgroundTerminals/list" }?["id"])
        codex.forget()
        try codex.answer(list, ["data": []])
        #expect(codex.calls.count == 500 && codex.background.last?.tasks == [])
    }

    @Test("All threads together have a bounded number of commands and calls, and room again when some end")
    func manyThreads() throws {
        var codex = try CodexFixture.running()
        func fill(_ threads: ClosedRange<Int>) throws {
            for thread in threads {
                for number in 1...100 {
                    try codex.command("c\(number)", "x", in: "thread\(thread)", turn: "t")
                    let call: JSONValue = ["type": "mcpToolCall", "id": .string("m\(number)"), "tool": "t", "status": "inProgress"]
                    try codex.tell("item/started", in: "thread\(thread)", ["turnId": "t", "item": call])
                }
            }
        }
        func closed(_ threads: ClosedRange<Int>) throws -> Int {
            codex.forget()
            for thread in threads { try codex.tell("thread/closed", in: "thread\(thread)") }
            return codex.calls.count
        }
        try fill(1...20)
        #expect(try closed(1...20) == 1_000)
        #expect(codex.background.last?.tasks == [])
        try fill(31...33)
        #expect(try closed(31...33) == 600)
    }

    @Test("Ids that are too long are not kept, and stop nothing", arguments: [200, 201, 5_000])
    func longIds(length: Int) throws {
        var codex = try CodexFixture.running()
        let id = String(repeating: "i", count: length)
        try codex.command(id, "sleep 9", in: "main", turn: "turn")
        try codex.begin(id, in: id)
        try codex.command("c", "sleep 9", in: id, turn: id)
        try codex.tell("item/agentMessage/delta", in: "main", ["itemId": .string(id), "delta": "x"])
        try codex.begin(id, root: "turn")
        try codex.end("turn")
        #expect(codex.turnEnds.last == TurnEnd(prompt: "t_1", stopReason: "end_turn"))
        #expect((codex.background.last?.tasks ?? []).map(\.id) == (length == 200 ? [id, id] : []))
        #expect(codex.background.last.map { $0.bounded == $0 } ?? true)
    }

    @Test("What a turn changes is asked for with as many places as can be read, and the number of the others")
    func manyPlaces() throws {
        var codex = try CodexFixture.running()
        let changes = (1...60).map { number -> JSONValue in ["path": .string("/w/\(number)"), "kind": ["type": "add"], "diff": ""] }
        let item: JSONValue = ["type": "fileChange", "id": "e", "status": "inProgress", "changes": .array(changes)]
        try codex.tell("item/started", in: "main", ["turnId": "turn", "item": item])
        try codex.tell(#"{"method":"item/fileChange/requestApproval","id":1,"params":{"threadId":"main","turnId":"turn","itemId":"e"}}"#)
        #expect(codex.permissions.first?.title.hasSuffix("/w/50, and 10 more") == true && codex.permissions.first?.locations?.count == 50)
    }
}
