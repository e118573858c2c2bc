import AgentDrivers
import AgentProtocol
import Foundation
import Testing

@Suite("Goals that Codex pursues by itself")
struct CodexGoalTests {
    private static func goal(_ title: String = "Do it all") -> BackgroundWork.Task {
        BackgroundWork.Task(id: "goal of main", kind: .other, title: "Goal: \(title)")
    }

    @Test(
        "A goal is waited for between the turns that it begins, until it is active no longer",
        arguments: ["paused", "blocked", "usageLimited", "budgetLimited", "complete", "", nil])
    func awaited(status: String?) throws {
        var codex = try CodexFixture.running()
        try codex.goal("active")
        #expect(codex.background == [BackgroundWork(tasks: [Self.goal()])])
        #expect(codex.background.first?.awaited.count == 1)
        codex.forget()
        for _ in 1...3 { try codex.goal("active") }
        try codex.end("turn")
        try codex.begin("more", root: "turn")
        #expect(codex.background.isEmpty, "It goes on")
        if let status { try codex.goal(status) } else { try codex.tell("thread/goal/cleared", in: "main") }
        #expect(codex.background == [BackgroundWork(tasks: [])])
        try codex.end("more")
        #expect(codex.turnEnds.map(\.isFollowUp) == [nil, true] && codex.sent.isEmpty)
    }

    @Test("An invalid goal changes nothing", arguments: ["null", "7", "{}", #"{"status":"new"}"#, #"{"status":["active"]}"#])
    func broken(goal: String) throws {
        var codex = try CodexFixture.running()
        try codex.tell(#"{"method":"thread/goal/updated","params":{"threadId":"main","goal":\#(goal)}}"#)
        #expect(codex.actions.isEmpty && codex.sent.isEmpty)
    }

    @Test("After an interrupted turn Codex pursues its goal only after the next one")
    func held() throws {
        var codex = try CodexFixture.running()
        try codex.goal("active")
        try codex.end("turn", "interrupted")
        #expect(codex.background.last?.tasks == [])
        #expect(codex.actions.last == .emit(.turnEnded(TurnEnd(prompt: "t_1", stopReason: "cancelled"))))
        try codex.prompt("t_2")
        try codex.accept("turn2")
        #expect(codex.background.last?.tasks == [Self.goal()])
    }

    @Test("Stopping ends the goal before the turn, each once", arguments: [false, true])
    func stop(isBackground: Bool) throws {
        var codex = try CodexFixture.running()
        try codex.goal("active")
        try codex.end("turn")
        try codex.begin("more", root: "turn")
        codex.forget()
        for _ in 1...3 { try codex.act { isBackground ? $0.stopBackground() : $0.cancelTurn() } }
        #expect(codex.methods == ["thread/goal/clear", "turn/interrupt"])
        #expect(codex.sent.first?["params"] == ["threadId": "main"])
        let request = try #require(codex.sent.first?["id"])
        try codex.answer(request, ["cleared": true])
        #expect(codex.background.last?.tasks == [])
        try codex.tell("thread/goal/cleared", in: "main")
        try codex.end("more", "interrupted")
        codex.forget()
        try codex.goal("active", "Another")
        #expect(codex.methods == ["thread/goal/clear"], "What it begins after that is ended as well")
        try codex.prompt("t_2")
        codex.forget()
        try codex.goal("active", "A third")
        #expect(codex.sent.isEmpty && codex.background.last?.tasks == [Self.goal("A third")])
    }

    @Test("A goal between two turns, and one of a person's turn, can be stopped", arguments: [false, true])
    func stopWithoutTurn(isAnswering: Bool) throws {
        var codex = try CodexFixture.running()
        try codex.goal("active")
        if !isAnswering { try codex.end("turn") }
        codex.forget()
        try codex.act { $0.stopBackground() }
        #expect(codex.methods == ["thread/goal/clear"], "A person's turn goes on")
    }

    @Test("A goal that can't be ended is said, and its end can be asked for again")
    func refused() throws {
        var codex = try CodexFixture.running()
        try codex.goal("active")
        try codex.end("turn")
        codex.forget()
        try codex.act { $0.cancelTurn() }
        let request = try #require(codex.sent.first?["id"])
        try codex.refuse(request, "goals feature is disabled")
        #expect(codex.notes.count == 1 && codex.notes.first?.contains("goals feature is disabled") == true)
        #expect(codex.background.isEmpty, "It is pursued")
        try codex.act { $0.cancelTurn() }
        #expect(codex.methods == ["thread/goal/clear", "thread/goal/clear"])
    }

    @Test("A sub-agent with a goal works between its turns")
    func ofSubAgents() throws {
        var codex = try CodexFixture.running()
        try codex.spawn()
        try codex.goal("active", in: "sub")
        codex.forget()
        try codex.tell("thread/status/changed", in: "sub", ["status": ["type": "idle"]])
        try codex.end("subturn", in: "sub")
        try codex.end("turn")
        #expect(codex.background.isEmpty)
        codex.forget()
        try codex.act { $0.cancelTurn() }
        #expect(codex.methods == ["thread/goal/clear"] && codex.sent.first?["params"]?["threadId"] == "sub")
        try codex.tell("thread/goal/cleared", in: "sub")
        #expect(codex.background == [BackgroundWork(tasks: [])])
    }

    @Test("A goal of a conversation that is resumed is waited for before its first turn")
    func resumed() throws {
        var codex = try CodexFixture(earlier: Conversation.Earlier(conversation: "main", recap: "…"))
        try codex.act { $0.begin() }
        try codex.tell(#"{"id":1,"result":{}}"#, #"{"id":2,"result":{"thread":{"id":"main"}}}"#)
        try codex.goal("active")
        #expect(codex.background == [BackgroundWork(tasks: [Self.goal()])])
        try codex.begin("own")
        try codex.end("own")
        #expect(codex.background.last?.tasks == [Self.goal()] && codex.turnStarts.isEmpty)
    }

    @Test("Its words are cut")
    func long() throws {
        var codex = try CodexFixture.running()
        try codex.goal("active", String(repeating: "é", count: 10_000))
        #expect((codex.background.last?.tasks.first?.title.utf8.count ?? .max) <= 310)
    }
}
