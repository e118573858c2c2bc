import Accounts
import AgentProtocol
import Fuzzing
import Testing
import Workspaces

@testable import Sessions

@Suite("The session's state machine")
struct SessionReducerTests {
    private let workspace = PreparedWorkspace(base: "abc", defaultBranch: "main", notes: [])
    private let result = WorkspaceResult(
        branch: "sam/x", base: "abc", commit: "def", commits: 1, files: 1, insertions: 1, deletions: 0, project: ProjectID(rawValue: "p_1"))
    private let one = PromptID(rawValue: "t_1")
    private let two = PromptID(rawValue: "t_2")

    /// Takes inputs one after another and returns the last state with all effects and log entries.
    private func take(_ state: SessionState, _ inputs: [SessionInput], now: Int64 = 0) -> SessionReducer.Outcome {
        var outcome = SessionReducer.Outcome(state: state, log: [], effects: [])
        for input in inputs {
            let next = SessionReducer.reduce(outcome.state, input, now: now)
            outcome = SessionReducer.Outcome(state: next.state, log: outcome.log + next.log, effects: outcome.effects + next.effects)
        }
        return outcome
    }

    private var toReady: [SessionInput] {
        [
            .slotFreed([]), .prepared(workspace), .agent(.agentStarted(AgentStart(sandbox: "x"))),
            .agent(.handshake(AgentIdentity(name: "a"))),
        ]
    }

    private func exit(_ reason: AgentExit.Reason) -> SessionInput { .agent(.agentExited(AgentExit(reason, "m"))) }

    @Test("A workspace that can't be removed is told in the log; where nothing was salvaged it can be from then on, a result stays one")
    func workspaceKept() {
        let failed = take(SessionState(ending: .whenIdle), [.slotFreed([]), .startFailed(code: "x", message: "x")])
        let kept = take(failed.state, [.workspaceKept("It runs."), .cleanedUp])
        #expect(kept.log == [.note("The workspace is kept: It runs.")] && kept.state.salvage == .failed("It runs.") && kept.state.isSettled)
        #expect(take(kept.state, [.salvageRequested]).effects == [.salvage])
        let done = take(
            failed.state, [.workspaceKept("It runs."), .cleanedUp, .salvageRequested, .salvaged(result), .workspaceKept("It runs.")])
        #expect(done.state.result == result && done.log.last == .note("The workspace is kept: It runs."))
        #expect(take(kept.state, [.workspaceKept("Again.")]).log.isEmpty, "What is settled stays")
        #expect(take(SessionState(ending: .whenIdle), [.workspaceKept("No.")]).log.isEmpty, "What is not over has its workspace")
    }

    @Test("The main path: each step is entered once, and each effect asked for once")
    func mainPath() {
        let outcome = take(
            SessionState(ending: .whenIdle),
            [.prompt(one)] + toReady + [
                .agent(.turnStarted(Turn(prompt: one))), .agent(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn"))),
                exit(.finished), .salvaged(result), .cleanedUp,
            ])
        let phases = outcome.log.compactMap { if case .state(let change) = $0 { change.phase } else { nil } }
        #expect(phases == [.preparing, .booting, .starting, .ready, .working, .ready, .finishing, .completed])
        #expect(
            outcome.effects == [.prepare, .launch(attempt: 1), .deliver(one), .send(.stop), .salvage, .cleanUp(keepingWorkspace: false)])
        #expect(outcome.state.isSettled)
    }

    @Test("A session that ends interrupted says why: its runner died, or fell silent and did not come back")
    func interruptedCause() {
        let working = take(SessionState(ending: .whenIdle), [.prompt(one)] + toReady + [.agent(.turnStarted(Turn(prompt: one)))]).state
        let dead = take(working, [.runnerDied]).state
        #expect(dead.phase == .interrupted && dead.failure?.code == "runnerDied")
        let silent = take(working, [.runnerSilent]).state
        #expect(silent.phase == .interrupted && silent.failure == nil)
        let gone = take(silent, [.deadlinePassed], now: 60_000_000).state
        #expect(gone.phase == .interrupted && gone.failure?.code == "runnerSilent")
        #expect(take(silent, [.runnerReturned]).state.failure == nil)
    }

    @Test("Ready is entered by the agent's answer to the handshake and by nothing else")
    func readyMeansEvidence() {
        let others: [SessionInput] = [
            .slotFreed([]), .prepared(workspace), .agent(.agentStarted(AgentStart(sandbox: "x"))), .prompt(one),
            .agent(.note(Note("ready"))), .runnerReturned, .finishRequested, .deadlinePassed,
        ]
        for input in others {
            let state = take(SessionState(ending: .onRequest), Array(toReady.dropLast()) + [input]).state
            #expect(state.phase != .ready && state.phase != .working)
        }
        #expect(take(SessionState(ending: .onRequest), toReady).state.phase == .ready)
    }

    @Test("Prompts wait for readiness and for each other, and are delivered in order")
    func promptOrder() {
        let waiting = take(SessionState(ending: .onRequest), [.prompt(one), .prompt(two)] + toReady)
        #expect(waiting.effects.filter { if case .deliver = $0 { true } else { false } } == [.deliver(one)])
        let next = take(waiting.state, [.agent(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn")))])
        #expect(next.effects == [.deliver(two)])
        let again = take(next.state, [.agent(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn")))])
        #expect(again.effects.isEmpty, "A late word about the first changes nothing")
        #expect(again.state.current == two)
    }

    @Test("A prompt that is cut off by a cancel is cancelled, however the runner ends then, and not uncertain")
    func cancelledPrompt() {
        let working = take(SessionState(ending: .whenIdle), [.prompt(one)] + toReady + [.agent(.turnStarted(Turn(prompt: one)))]).state
        let ends: [[SessionInput]] = [
            [.cancelRequested, exit(.finished)], [.cancelRequested, .runnerDied], [.runnerSilent, .cancelRequested],
        ]
        for inputs in ends {
            let outcome = take(working, inputs)
            #expect(outcome.state.phase == .cancelled && outcome.state.current == nil)
            #expect(outcome.log.contains(.prompt(one, .cancelled)) && !outcome.log.contains(.prompt(one, .uncertain)), "\(inputs)")
        }
    }

    @Test("A runner's death marks the prompt uncertain, begins the salvage at once, and the session is interrupted")
    func runnerDeath() {
        let working = take(SessionState(ending: .whenIdle), [.prompt(one)] + toReady + [.agent(.turnStarted(Turn(prompt: one)))]).state
        let dead = take(working, [.runnerDied])
        #expect(dead.state.phase == .interrupted)
        #expect(dead.effects == [.salvage])
        #expect(dead.log.contains(.prompt(one, .uncertain)))
        let late = take(dead.state, [.agent(.handshake(AgentIdentity(name: "late"))), .runnerReturned, .runnerDied, exit(.finished)])
        #expect(late.state == dead.state, "From the salvage on the runner is nobody")
        let settled = take(dead.state, [.salvaged(result), .cleanedUp]).state
        #expect(settled.phase == .interrupted && settled.isSettled)
    }

    @Test("A silent runner may come back until the grace is over")
    func silence() {
        let working = take(SessionState(ending: .whenIdle), [.prompt(one)] + toReady + [.agent(.turnStarted(Turn(prompt: one)))]).state
        let silent = take(working, [.runnerSilent])
        #expect(silent.state.phase == .interrupted)
        #expect(silent.effects.isEmpty, "Silence alone is no verdict")
        #expect(take(silent.state, [.runnerReturned]).state.phase == .working)
        let over = take(silent.state, [.deadlinePassed], now: Timing().grace + 1)
        #expect(over.effects == [.salvage])
        #expect(take(silent.state, [.deadlinePassed], now: 1).effects.isEmpty, "Not before its time")
    }

    @Test("A runner that never spoke is started anew, a limited number of times", arguments: 1...3)
    func relaunch(_ deaths: Int) {
        let booting = take(SessionState(ending: .whenIdle), [.slotFreed([]), .prepared(workspace)]).state
        let outcome = take(booting, Array(repeating: .runnerDied, count: deaths))
        if deaths < Timing().launches {
            #expect(outcome.effects.last == .launch(attempt: deaths + 1))
        } else {
            #expect(outcome.state.phase == .failed)
            #expect(outcome.state.failure?.code == "runnerFailed")
            #expect(outcome.effects.last == .cleanUp(keepingWorkspace: false))
        }
    }

    @Test("Failure of the agent is told with its reason, and its work is salvaged", arguments: AgentExit.Reason.allCases)
    func exits(_ reason: AgentExit.Reason) {
        let ready = take(SessionState(ending: .onRequest), toReady).state
        let outcome = take(ready, [exit(reason)])
        #expect(outcome.state.phase == (reason == .finished ? .finishing : .failed))
        #expect(outcome.state.failure?.code == (reason == .finished ? nil : reason.rawValue))
        #expect(outcome.effects.last == (reason == .notStarted ? .cleanUp(keepingWorkspace: false) : .salvage))
    }

    @Test("Work that can't be taken out keeps its workspace, and the session says so")
    func salvageFails() {
        let exited = take(SessionState(ending: .onRequest), toReady + [exit(.finished)]).state
        let outcome = take(exited, [.salvageFailed("disk full")])
        #expect(outcome.state.phase == .failed)
        #expect(outcome.effects == [.cleanUp(keepingWorkspace: true)])
        #expect(outcome.state.keepsWorkspace)
    }

    /// Every input that can happen, for walks at random.
    private var everything: [SessionInput] {
        toReady + AgentExit.Reason.allCases.map(exit) + [
            .prompt(one), .prompt(two), .agent(.turnStarted(Turn(prompt: one))),
            .agent(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn"))), .agent(.turnStarted(Turn(prompt: two))),
            .agent(.turnEnded(TurnEnd(prompt: two, stopReason: "error", error: "x"))), .runnerSilent, .runnerReturned, .runnerDied,
            .deadlinePassed, .finishRequested, .cancelRequested, .salvaged(result), .salvageFailed("no"), .cleanedUp,
            .startFailed(code: "c", message: "m"), .starterShutOut, .held(back: "something"), .withdrawn(one), .edited(two),
            .turnCancelRequested, .turnGoesOn(one), .agent(.permission(asked)),
            .answered(AgentCommand.Answer(permission: "p1", option: "y")),
            .agent(.background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]))),
            .agent(.background(BackgroundWork(tasks: []))), .agent(.turnStarted(Turn(prompt: one, isFollowUp: true))),
            .agent(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn", isFollowUp: true))), .backgroundOverdue(minutes: 1),
            .backgroundGoesOn, .stayedIdle, .agent(.inquiry(Inquiry(id: "p2", items: [.init(id: "i", text: "?", choices: [])]))),
            .inquiryAnswered(AgentCommand.Reply(inquiry: "p2", answers: ["i": ["x"]])),
        ]
    }

    private var asked: Permission {
        Permission(id: "p1", title: "t", options: [.init(id: "y", name: "Yes", kind: .allowOnce)])
    }

    @Test("A kept workspace is salvaged again on request, and the session ends as it would have the first time")
    func salvagedAgain() {
        let exited = take(
            SessionState(ending: .whenIdle), [.prompt(one)] + toReady + [exit(.finished), .salvageFailed("disk full"), .cleanedUp])
        #expect(exited.state.phase == .failed && exited.state.keepsWorkspace && exited.state.isSettled)
        var partial = result
        partial.remaining = ["A branch is refused."]
        let kept = take(take(exited.state, [.salvageRequested]).state, [.salvaged(partial), .cleanedUp])
        #expect(kept.state.phase == .completed && kept.state.keepsWorkspace && kept.effects == [.cleanUp(keepingWorkspace: true)])
        let whole = take(take(kept.state, [.salvageRequested]).state, [.salvaged(result), .cleanedUp])
        let session = SessionID(rawValue: "s_1")
        #expect(exited.state.wayOn(from: session).contains("no other session can continue"))
        #expect(kept.state.wayOn(from: session).hasPrefix("Some of its work") && kept.state.wayOn(from: session).contains("resume s_1"))
        #expect(whole.state.wayOn(from: session).hasPrefix("Continue it"))
        #expect(whole.state.isSettled && !whole.state.keepsWorkspace && whole.effects == [.cleanUp(keepingWorkspace: false)])
        #expect(take(whole.state, [.salvageRequested]).state == whole.state, "Nothing is kept any more")
    }

    @Test("A question stands until it is answered, by a person or by the runner, and until the runner is gone")
    func questions() {
        let open = take(SessionState(ending: .onRequest), [.prompt(one)] + toReady + [.agent(.permission(asked))])
        #expect(open.state.questions.map(\.id) == ["p1"])
        let answer = AgentCommand.Answer(permission: "p1", option: "y")
        let answered = take(open.state, [.answered(answer), .answered(answer)])
        #expect(answered.effects == [.send(.answer(answer))] && answered.state.questions.isEmpty, "The first answer counts")
        #expect(take(open.state, [.answered(AgentCommand.Answer(permission: "p1", option: "z"))]).effects.isEmpty)
        var settled = asked
        settled.answer = Permission.Answer(option: nil, by: .turn)
        #expect(take(open.state, [.agent(.permission(settled))]).state.questions.isEmpty)
        #expect(take(open.state, [.runnerDied]).state.questions.isEmpty)
        #expect(take(open.state, [exit(.crashed)]).state.questions.isEmpty)
    }

    @Test("A prompt can be taken back or changed while it is kept, and not once it was handed over")
    func withdrawal() {
        let kept = take(SessionState(ending: .onRequest), [.prompt(one), .prompt(two), .withdrawn(one), .edited(two)])
        #expect(kept.state.pending == [two])
        #expect(kept.log.suffix(2) == [.prompt(one, .withdrawn), .prompt(two, .kept)])
        let delivered = take(kept.state, toReady + [.withdrawn(two), .edited(two)])
        #expect(delivered.state.current == two && delivered.effects.last == .deliver(two))
        #expect(delivered.log.last == .prompt(two, .delivered))
    }

    @Test("A turn is cancelled only while there is one; the session goes on with the next prompt")
    func turnCancel() {
        #expect(take(SessionState(ending: .onRequest), toReady + [.turnCancelRequested]).effects.contains(.send(.cancelTurn)) == false)
        let working = take(
            SessionState(ending: .onRequest), toReady + [.prompt(one), .prompt(two), .agent(.turnStarted(Turn(prompt: one)))])
        let cancelled = take(working.state, [.turnCancelRequested])
        #expect(cancelled.effects == [.send(.cancelTurn)] && cancelled.state.phase == .working)
        let next = take(cancelled.state, [.agent(.turnEnded(TurnEnd(prompt: one, stopReason: "cancelled")))])
        #expect(next.effects == [.deliver(two)])
    }

    @Test("An agent that goes on with the turn that it was asked to stop is said to, once; the next turn is another")
    func deafAgent() {
        let working = take(
            SessionState(ending: .onRequest), toReady + [.prompt(one), .prompt(two), .agent(.turnStarted(Turn(prompt: one)))])
        #expect(take(working.state, [.turnGoesOn(one)]).log.isEmpty, "Nobody asked it to stop")
        let asked = take(working.state, [.turnCancelRequested], now: 5)
        #expect(asked.state.turn?.stopAsked == 5)
        #expect(take(asked.state, [.turnCancelRequested], now: 9).state.turn?.stopAsked == 5, "Who asks twice waits no longer")
        #expect(take(asked.state, [.resumed(away: 100)]).state.turn?.stopAsked == 105)
        #expect(take(asked.state, [.turnGoesOn(two)]).log.isEmpty)
        let deaf = take(asked.state, [.turnGoesOn(one), .turnGoesOn(one)])
        #expect(deaf.log.count == 1 && deaf.state.turn?.ignoresStop == true)
        let next = take(deaf.state, [.agent(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn"))), .turnGoesOn(two)])
        #expect(next.state.turn == nil && next.state.current == two)
    }

    @Test("When its starter is shut out a session ends with its work kept; one that is finishing does so undisturbed")
    func starterShutOut() {
        let running = take(take(SessionState(ending: .onRequest), toReady).state, [.starterShutOut])
        #expect(running.state.phase == .cancelled && running.effects == [.send(.stop)])
        #expect(running.log.count == 2, "A note, and the phase")
        let finishing = take(SessionState(ending: .whenIdle), toReady + [exit(.finished)]).state
        #expect(finishing.phase == .finishing)
        let undisturbed = take(finishing, [.starterShutOut])
        #expect(undisturbed.state == finishing && undisturbed.log.isEmpty && undisturbed.effects.isEmpty)
    }

    @Test("Whatever happens in whatever order, the machine keeps its promises")
    func randomWalks() {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<3_000 {
            var state = SessionState(ending: Bool.random(using: &generator) ? .whenIdle : .onRequest)
            var salvages = 0
            var delivered: [PromptID] = []
            var now: Int64 = 0
            for _ in 0..<40 {
                guard let input = everything.randomElement(using: &generator) else { continue }
                // A session is cleaned up only when that was asked for.
                if input == .cleanedUp, !state.phase.isEnd { continue }
                now += 60_000
                let outcome = SessionReducer.reduce(state, input, now: now)
                salvages += outcome.effects.count { $0 == .salvage }
                for case .deliver(let prompt) in outcome.effects { delivered.append(prompt) }
                #expect(salvages <= 1, "The work is taken out once")
                if state.phase == .completed || state.phase == .failed || state.phase == .cancelled {
                    #expect(outcome.state.phase == state.phase, "An end is an end: \(state.phase) after \(input)")
                }
                if outcome.state.phase == .completed {
                    if case .done = outcome.state.salvage {} else { Issue.record("Completed without its work") }
                }
                if outcome.state.phase == .failed { #expect(outcome.state.failure != nil, "A failure has a reason") }
                if !outcome.effects.isEmpty || !outcome.log.isEmpty {
                } else {
                    #expect(outcome.state.phase == state.phase, "No phase is entered without a line in the log")
                }
                state = outcome.state
            }
            // From wherever the walk ended, a cancel and the passing of time bring the session to its end.
            var rest: [SessionInput] = [.cancelRequested]
            for _ in 0..<6 { rest += [.deadlinePassed, .salvaged(result)] }
            for input in rest {
                now += 10_000_000
                state = SessionReducer.reduce(state, input, now: now).state
            }
            #expect(state.phase.isEnd, "It is over: \(state)")
        }
    }
}
