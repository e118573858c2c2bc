import Accounts
import AgentProtocol
import Fuzzing
import Testing
import Workspaces

@testable import Sessions

@Suite("What runs beside an agent's answers, in its session")
struct BackgroundReducerTests {
    private let one = PromptID(rawValue: "t_1")
    private let two = PromptID(rawValue: "t_2")

    private func take(_ state: SessionState, _ inputs: [SessionInput], now: Int64 = 0) -> SessionReducer.Outcome {
        var outcome = SessionReducer.Outcome(state: state, log: [], effects: [])
        for input in inputs {
            let next = SessionReducer.reduce(outcome.state, input, now: now)
            outcome = SessionReducer.Outcome(state: next.state, log: outcome.log + next.log, effects: outcome.effects + next.effects)
        }
        return outcome
    }

    private var toWork: [SessionInput] {
        [
            .prompt(one), .slotFreed([]), .prepared(PreparedWorkspace(base: "abc", defaultBranch: "main", notes: [])),
            .agent(.agentStarted(AgentStart(sandbox: "x"))), .agent(.handshake(AgentIdentity(name: "a"))),
            .agent(.turnStarted(Turn(prompt: one))),
        ]
    }

    private func runs(_ ids: String..., ambient: [String] = []) -> SessionInput {
        .agent(
            .background(
                BackgroundWork(
                    tasks: ids.map { BackgroundWork.Task(id: $0, kind: .agent, title: "task \($0)") }
                        + ambient.map { BackgroundWork.Task(id: $0, kind: .other, title: $0, isAmbient: true) })))
    }
    private func ended(_ prompt: PromptID, error: String? = nil, reason: String = "end_turn") -> SessionInput {
        .agent(.turnEnded(TurnEnd(prompt: prompt, stopReason: error == nil ? reason : "error", error: error)))
    }
    private var follows: SessionInput { .agent(.turnStarted(Turn(prompt: one, isFollowUp: true))) }
    private func followed(error: String? = nil) -> SessionInput {
        .agent(.turnEnded(TurnEnd(prompt: one, stopReason: error == nil ? "end_turn" : "error", error: error, isFollowUp: true)))
    }

    /// A session whose prompt is answered while something runs on.
    private func background(_ ending: SessionState.Ending = .whenIdle) -> SessionState {
        take(SessionState(ending: ending), toWork + [runs("a"), ended(one)]).state
    }

    private func notes(_ outcome: SessionReducer.Outcome) -> [String] {
        outcome.log.compactMap { if case .note(let text) = $0 { text } else { nil } }
    }

    @Test("A prompt is answered at its own turn's end, and the session works on until nothing runs, then a moment longer")
    func answeredAndWorking() {
        let answered = take(SessionState(ending: .whenIdle), toWork + [runs("a"), ended(one)])
        #expect(answered.log.last == .prompt(one, .done) && answered.state.phase == .working && answered.state.current == nil)
        #expect(answered.state.background?.awaited.map(\.id) == ["a"])
        let following = take(answered.state, [follows, runs()])
        #expect(following.state.phase == .working && following.state.background?.followUp == one)
        let idle = take(following.state, [followed()], now: 1_000)
        #expect(idle.state.phase == .ready && idle.effects.isEmpty)
        #expect(take(idle.state, [.stayedIdle], now: 2_999).effects.isEmpty)
        let over = take(idle.state, [.stayedIdle], now: 3_000)
        #expect(over.state.phase == .finishing && over.effects == [.send(.stop)])
        let again = take(idle.state, [follows, .stayedIdle], now: 3_000)
        #expect(again.state.phase == .working && again.effects.isEmpty)
    }

    @Test("A session whose agent never told of such a thing ends at once; what runs as long as the agent is not waited for")
    func plain() {
        #expect(take(SessionState(ending: .whenIdle), toWork + [ended(one)]).effects.last == .send(.stop))
        let ambient = take(SessionState(ending: .whenIdle), toWork + [runs(ambient: ["w"]), ended(one)]).state
        #expect(ambient.phase == .ready && ambient.background?.tasks.count == 1)
        #expect(take(ambient, [.stayedIdle], now: 5_000).state.phase == .finishing)
    }

    @Test("The next prompt is handed over at once while something runs on")
    func nextPrompt() {
        let waiting = take(SessionState(ending: .onRequest), toWork + [.prompt(two), runs("a"), ended(one)])
        #expect(waiting.effects.last == .deliver(two) && waiting.state.phase == .working)
        let later = take(background(.onRequest), [.prompt(two), .agent(.turnStarted(Turn(prompt: two))), follows, followed(), ended(two)])
        #expect(later.effects == [.deliver(two)] && later.state.phase == .working && later.state.current == nil)
        #expect(later.log.contains(.prompt(two, .done)))
    }

    @Test("What runs for too long after the last answer is stopped and named, and taken for over when it goes on")
    func limit() {
        let state = background(.onRequest)
        #expect(state.background?.since == 0)
        let overdue = take(state, [.backgroundOverdue(minutes: 60), .backgroundOverdue(minutes: 60)], now: 100)
        #expect(overdue.effects == [.send(.stopBackground)] && overdue.state.phase == .working)
        #expect(notes(overdue).count == 1 && notes(overdue)[0].contains("60 minutes") && notes(overdue)[0].contains("“task a”"))
        #expect(take(overdue.state, [.backgroundGoesOn], now: 30_099).state == overdue.state, "Not before its time")
        let stopped = take(overdue.state, [runs()], now: 200)
        #expect(stopped.state.phase == .ready && stopped.state.background?.stop == nil)
        let deaf = take(overdue.state, [.backgroundGoesOn], now: 30_100)
        #expect(deaf.state.phase == .ready && notes(deaf).count == 1 && notes(deaf)[0].contains("“task a”"))
        let more = take(deaf.state, [runs("a", "b")], now: 31_000)
        #expect(more.state.phase == .working && more.state.background?.awaited.map(\.id) == ["b"])
        #expect(more.state.background?.since == 0, "It does not get its time again")
        #expect(notes(take(more.state, [.backgroundOverdue(minutes: 60)], now: 31_000)).isEmpty, "That was said")
        let late = take(take(deaf.state, [runs()], now: 31_000).state, [runs("c")], now: 200_000)
        #expect(late.state.background?.since == 200_000, "After a while it is another piece of work")
        let asked = take(more.state, [.prompt(two), runs("b"), ended(two)], now: 40_000)
        #expect(asked.state.background?.since == 40_000, "Each answer begins the time")
    }

    @Test("What runs for too long during a person's turn is let alone, and a turn of the agent's own is stopped as tasks are")
    func limitOfTurns() {
        let answering = take(background(.onRequest), [.prompt(two), .backgroundOverdue(minutes: 0)])
        #expect(answering.effects == [.deliver(two)])
        let following = take(background(.onRequest), [runs(), follows, .backgroundOverdue(minutes: 5)])
        #expect(following.effects == [.send(.stopBackground)] && notes(following)[0].contains("began by itself"))
        #expect(take(following.state, [.backgroundGoesOn], now: 30_000).state.phase == .ready)
    }

    @Test("Stopping the turn stops what runs beside it, also when nothing else runs")
    func cancel() {
        let asked = take(background(.onRequest), [.turnCancelRequested], now: 5)
        #expect(asked.effects == [.send(.cancelTurn)] && asked.state.turn?.stopAsked == 5 && asked.state.background?.stop?.at == 5)
        #expect(take(asked.state, [runs()]).state.turn == nil && take(asked.state, [runs()]).state.phase == .ready)
        #expect(take(asked.state, [.backgroundGoesOn], now: 30_005).state.phase == .ready)
        let idle = take(background(.onRequest), [runs()]).state
        #expect(take(idle, [.turnCancelRequested]).effects.isEmpty, "There is nothing to stop")
        let both = take(SessionState(ending: .onRequest), toWork + [runs("a"), .turnCancelRequested, ended(one, reason: "cancelled")])
        #expect(both.state.phase == .working && both.state.background?.stop != nil && both.state.turn == nil)
    }

    @Test("What was noted while only background work ran is not held against the next prompt, which can be stopped itself")
    func stopBeforePrompt() {
        let asked = take(background(.onRequest), [.progressed("half"), .turnCancelRequested], now: 5).state
        #expect(asked.turn?.stopAsked == 5 && asked.turn?.progress == "half")
        let next = take(asked, [.prompt(two), .agent(.turnStarted(Turn(prompt: two))), runs(), .turnGoesOn(two)], now: 20_000)
        #expect(next.effects == [.deliver(two)] && next.state.turn == nil && notes(next).isEmpty)
        let stopped = take(next.state, [.turnCancelRequested], now: 20_001)
        #expect(stopped.effects == [.send(.cancelTurn)] && stopped.state.turn?.stopAsked == 20_001)
        let waiting = take(take(background(.onRequest), [follows, .turnCancelRequested], now: 5).state, [.prompt(two)], now: 6)
        #expect(waiting.state.current == two && waiting.state.turn == nil, "Nor is a stop of a turn of the agent's own")
    }

    @Test("Only a question that something waits for makes the agent wait")
    func waiting() {
        var inquiry = inquiry
        func waits(_ event: AgentEvent) -> Bool { take(background(), [.agent(event)]).state.waitsForAnswer }
        #expect(!waits(.inquiry(inquiry)) && !background().waitsForAnswer)
        inquiry.toolCall = "c"
        #expect(waits(.inquiry(inquiry)))
        #expect(waits(.permission(Permission(id: "p2", title: "t", options: []))))
        let text = OpenQuestion(id: "q", text: "?", suggestions: [], until: 1)
        #expect(take(background(), [.asked(text)]).state.waitsForAnswer)
    }

    @Test("The log ends the questions of a runner that died, and ends none twice")
    func diedAsking() {
        let permission = Permission(
            id: "p2", toolCall: "c", title: "t", options: [.init(id: "y", name: "Yes", kind: .allowOnce)], plan: "# Plan", parent: "a")
        let asked = take(background(), [.agent(.inquiry(inquiry)), .agent(.permission(permission))]).state
        var endedInquiry = inquiry
        endedInquiry.answer = Inquiry.Answer(items: nil, by: .turn)
        var endedPermission = permission
        endedPermission.answer = Permission.Answer(option: nil, by: .turn)
        for input: SessionInput in [.runnerDied, .agent(.agentExited(AgentExit(.crashed, "m")))] {
            let dead = take(asked, [input, .runnerDied])
            let ends = dead.log.filter {
                switch $0 {
                case .inquiry, .permission: true
                default: false
                }
            }
            #expect(ends == [.inquiry(endedInquiry), .permission(endedPermission)] && dead.state.questions.isEmpty)
        }
        #expect(throws: Never.self) {
            let record = try LogRecord(.permission(endedPermission)) { _ in nil }
            #expect(record == (try LogRecord(AgentEvent.permission(endedPermission))), "As the runner would have told it")
        }
    }

    @Test("An error of a turn that the agent began by itself fails the session only when no turn came after it")
    func errors() {
        let result = WorkspaceResult(
            branch: nil, base: "abc", commit: "abc", commits: 0, files: 0, insertions: 0, deletions: 0, project: ProjectID(rawValue: "p_1"))
        func end(_ inputs: [SessionInput]) -> SessionState {
            take(background(), inputs + [.agent(.agentExited(AgentExit(.finished, "m"))), .salvaged(result), .cleanedUp]).state
        }
        let failed = end([runs(), follows, followed(error: "no money")])
        #expect(failed.phase == .failed && failed.failure?.message.contains("no money") == true)
        #expect(end([runs(), follows, followed(error: "x"), follows, followed()]).phase == .completed)
        #expect(end([follows, followed(error: "x"), .prompt(two), ended(two)]).phase == .completed)
        #expect(end([follows, followed(), .prompt(two), ended(two, error: "y")]).failure?.message.contains("y") == true)
    }

    @Test("With its runner nothing runs any more; a silent runner that comes back finds the session as it was")
    func runner() {
        let state = background()
        for input: SessionInput in [.runnerDied, .agent(.agentExited(AgentExit(.crashed, "m")))] {
            #expect(take(state, [input]).state.background == nil)
        }
        let silent = take(state, [.runnerSilent]).state
        #expect(silent.phase == .interrupted && take(silent, [.runnerReturned]).state.phase == .working)
        #expect(take(silent, [runs()]).state.phase == .ready, "Its word is its return")
        #expect(take(silent, [.backgroundOverdue(minutes: 1), .turnCancelRequested]).effects.isEmpty)
        let away = take(take(state, [.turnCancelRequested], now: 7).state, [.resumed(away: 100)]).state
        #expect(away.background?.since == 0, "Its agent ran on meanwhile")
        #expect(away.background?.stop?.at == 107)
        #expect(take(state, [.cancelRequested]).effects == [.send(.stop)])
    }

    @Test("A state that was stored before there was any of this is read, and the new one comes back as it was")
    func stored() throws {
        let state = background()
        let text = try JSONLine.text(state)
        #expect(try JSONLine.decode(SessionState.self, from: text) == state)
        guard case .object(var fields) = try JSONLine.decode(JSONValue.self, from: text) else {
            Issue.record("A state is an object: \(text)")
            return
        }
        for key in ["background", "goesOnByItself", "idleSince", "followUpError"] { fields[key] = nil }
        let old = try JSONLine.decode(SessionState.self, from: try JSONLine.text(JSONValue.object(fields)))
        #expect(old.background == nil && old.phase == state.phase)
    }

    private let inquiry = Inquiry(
        id: "p1", items: [.init(id: "a", text: "Which?", choices: [.init(label: "A")]), .init(id: "b", text: "What?", choices: [])])

    @Test("A question that nothing waits for stands when its turn has ended, and the session that would end waits for its answer")
    func inquiries() {
        let asked = take(SessionState(ending: .whenIdle), toWork + [.agent(.inquiry(inquiry)), ended(one)])
        #expect(asked.state.phase == .ready && asked.state.questions.map(\.kind) == [.inquiry])
        #expect(take(asked.state, [.stayedIdle], now: 100_000).effects.isEmpty)
        let reply = AgentCommand.Reply(inquiry: "p1", answers: ["a": ["A"], "b": ["x"]])
        let answered = take(asked.state, [.inquiryAnswered(reply), .inquiryAnswered(reply)], now: 10)
        #expect(answered.effects == [.send(.reply(reply))] && answered.state.questions.isEmpty)
        var settled = inquiry
        settled.answer = Inquiry.Answer(items: reply.answers, by: .person)
        let told = take(answered.state, [.agent(.inquiry(settled))], now: 1_000)
        #expect(take(told.state, [.stayedIdle], now: 2_500).effects.isEmpty, "Its agent may go on over the answer")
        #expect(take(told.state, [.stayedIdle], now: 3_000).state.phase == .finishing)
    }

    @Test(
        "Answers are checked by what the question takes, and what is wrong is said",
        arguments: [
            (["a": ["A"], "b": ["x"]], nil), (["a": ["x"], "b": ["x"]], "not one of the choices"), (["a": ["A"]], "“What?” is missing"),
            (["a": ["A"], "b": [" "]], "missing"), (["a": ["A"], "b": ["x"], "c": ["y"]], "no item “c”"),
            (["a": ["A"], "b": ["x", "y"]], "takes one answer"), (["a": ["A"], "b": ["x\0"]], "NUL"),
            (["a": ["A"], "b": [String(repeating: "x", count: 40_000)]], "32 KiB"),
        ] as [([String: [String]], String?)])
    func checks(answers: [String: [String]], problem: String?) {
        var question = OpenQuestion(inquiry)
        question.items?[0].allowsText = false
        do {
            #expect(try question.check(answers) == answers)
            #expect(problem == nil)
        } catch {
            #expect(problem.map { error.message.contains($0) } == true, "\(error.message)")
        }
    }

    @Test("Several choices and one text are taken where several may be")
    func several() throws {
        let question = OpenQuestion(
            Inquiry(id: "p1", items: [.init(id: "a", text: "?", choices: [.init(label: "A"), .init(label: "B")], allowsSeveral: true)]))
        #expect(try question.check(["a": ["B", "A", "x"]]) == ["a": ["B", "A", "x"]])
        for wrong in [["A", "A"], ["x", "y"], ["A", "B", "x", "y"]] {
            #expect(throws: SessionsError.self) { try question.check(["a": wrong]) }
        }
    }

    @Test("What an agent's own tool asks stands while anything runs, and falls when nothing does")
    func textQuestions() {
        let question = OpenQuestion(id: "q", text: "?", suggestions: [], until: 1)
        let open = take(background(.onRequest), [.asked(question)]).state
        #expect(open.questions == [question])
        #expect(take(open, [follows, runs()]).state.questions == [question])
        #expect(take(open, [runs()]).state.questions.isEmpty)
        let turn = take(SessionState(ending: .onRequest), toWork + [runs("a"), .asked(question)]).state
        #expect(take(turn, [ended(one)]).state.questions == [question])
        #expect(take(turn, [ended(one, reason: "cancelled")]).state.questions.isEmpty)
    }

    @Test("No session that ends when it is idle ends while anything runs, whatever happens in whatever order")
    func randomWalks() {
        let inputs: [SessionInput] = [
            runs("a"), runs("a", "b"), runs(), runs(ambient: ["w"]), follows, followed(), ended(one), ended(two), .prompt(two),
            .agent(.turnStarted(Turn(prompt: two))), .stayedIdle, .backgroundOverdue(minutes: 1), .backgroundGoesOn, .turnCancelRequested,
            .agent(.inquiry(inquiry)), .inquiryAnswered(.init(inquiry: "p1", answers: [:])), .runnerSilent, .runnerReturned,
            .finishRequested, .resumed(away: 10),
        ]
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var state = take(SessionState(ending: Bool.random(using: &generator) ? .whenIdle : .onRequest), toWork).state
            var now: Int64 = 0
            for _ in 0..<40 where !state.phase.isEnd || state.phase == .interrupted {
                guard let input = inputs.randomElement(using: &generator) else { continue }
                now += Int64.random(in: 0...20_000, using: &generator)
                let outcome = SessionReducer.reduce(state, input, now: now)
                let background = outcome.state.background
                if outcome.effects.contains(.send(.stop)) {
                    #expect(background?.isRunning != true && outcome.state.current == nil && outcome.state.pending.isEmpty, "\(input)")
                }
                if outcome.state.phase.isRunning {
                    let isBusy = outcome.state.isAnswering || background?.isRunning == true
                    #expect((outcome.state.phase == .working) == isBusy, "\(outcome.state.phase) after \(input)")
                    #expect(outcome.state.current != nil || outcome.state.pending.isEmpty, "A prompt waits for nothing")
                    if isBusy, outcome.state.current == nil { #expect(background?.since != nil, "It has a time") }
                }
                state = outcome.state
            }
        }
    }
}
