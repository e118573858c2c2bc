import AgentProtocol
import Credentials
import Wording
import Workspaces

/// The session's state machine. Pure: a state and an input give a state, what to log, and what to do.
///
/// An input that means nothing in a state changes nothing: a late answer of an attempt that is over, a
/// second cancel, a deadline that was met at the last moment.
public struct SessionReducer: Sendable {
    var state: SessionState
    let now: Int64
    let timing: Timing
    /// More than a person can have before them.
    static let questionLimit = 4
    /// More than a person reads of one turn.
    static let progressLimit = 200
    private static let salvageFailure = "salvageFailed"
    var log: [LogEntry] = []
    var effects: [SessionEffect] = []

    /// What an input comes to.
    public struct Outcome: Sendable, Hashable {
        public var state: SessionState
        public var log: [LogEntry]
        public var effects: [SessionEffect]
    }

    /// Takes an input.
    ///
    /// - Parameter now: UTC milliseconds.
    public static func reduce(_ state: SessionState, _ input: SessionInput, now: Int64, timing: Timing = Timing()) -> Outcome {
        var reducer = SessionReducer(state: state, now: now, timing: timing)
        reducer.take(input)
        return Outcome(state: reducer.state, log: reducer.log, effects: reducer.effects)
    }

    /// What has to be done again when SAM starts and finds a session in this state: what was recorded and may not
    /// have been done.
    public static func resume(_ state: SessionState) -> [SessionEffect] {
        if state.salvage == .running { return [.salvage] }
        if state.phase == .preparing { return [.prepare] }
        if state.phase.isEnd, state.runnerIsGone || state.phase != .interrupted, !state.isCleanedUp, !state.awaitsRunner {
            return [.cleanUp(keepingWorkspace: state.keepsWorkspace)]
        }
        return []
    }

    private init(state: SessionState, now: Int64, timing: Timing) {
        self.state = state
        self.now = now
        self.timing = timing
    }

    private mutating func take(_ input: SessionInput) {
        switch input {
        case .slotFreed(let pins): slotFreed(pins)
        case .held(let reason): heldBack(reason)
        case .prepared(let workspace): prepared(workspace)
        case .startFailed(let code, let message): startFailed(code, message)
        case .agent(let event): agent(event)
        case .runnerSilent: runnerSilent()
        case .runnerReturned: runnerReturned()
        case .runnerDied: runnerDied()
        case .resumed(let away): resumed(away)
        case .clockMoved(let milliseconds): clockMoved(by: milliseconds)
        case .deadlinePassed: deadlinePassed()
        case .prompt(let id): prompt(id)
        case .withdrawn(let id): withdrawn(id)
        case .edited(let id): if state.pending.contains(id) { log.append(.prompt(id, .kept)) }
        case .answered(let answer): answered(answer)
        case .stuck(let prompt, let sentence, let act): stuck(prompt, sentence, act)
        case .inquiryAnswered(let reply): inquiryAnswered(reply)
        case .backgroundOverdue(let minutes): backgroundOverdue(minutes)
        case .backgroundGoesOn: backgroundGoesOn()
        case .stayedIdle: goOn()
        case .asked(let question): asked(question)
        case .replied(let id, let text): settle(id, QuestionAnswer(text: text, by: .person))
        case .questionExpired(let id): settle(id, QuestionAnswer(text: nil, by: .timeLimit))
        case .progressed(let text): progressed(text)
        case .turnCancelRequested: turnCancelRequested()
        case .turnGoesOn(let prompt): turnGoesOn(prompt)
        case .tightened(let mode, let note): tightened(mode, note)
        case .finishRequested: finishRequested()
        case .cancelRequested: cancelRequested()
        case .starterShutOut: starterShutOut()
        case .noted(let text): if !state.isSettled { log.append(.note(text)) }
        case .salvaged(let result): salvaged(result)
        case .salvageFailed(let message): salvageFailed(message)
        case .salvageRequested: salvageRequested()
        case .cleanedUp: state.isCleanedUp = true
        case .restored(let mirror): restored(mirror)
        }
    }
}

// MARK: - The start

extension SessionReducer {
    private mutating func slotFreed(_ pins: [Pin]) {
        guard state.phase == .queued else { return }
        for pin in pins { log.append(.credential(pin)) }
        enter(.preparing, wait: timing.preparing, for: "the repository and the workspace")
        effects.append(.prepare)
    }

    private mutating func heldBack(_ reason: String) {
        guard state.phase == .queued, state.heldBackBy != reason else { return }
        state.heldBackBy = reason
        log.append(.note("Waits for \(reason)."))
    }

    private mutating func prepared(_ workspace: PreparedWorkspace) {
        guard state.phase == .preparing else { return }
        state.workspace = workspace
        log.append(.workspace(workspace))
        launch()
    }

    private mutating func launch() {
        state.attempt += 1
        state.runnerHasSpoken = false
        enter(.booting, wait: timing.booting, for: "the runner's first word")
        effects.append(.launch(attempt: state.attempt))
    }

    private mutating func startFailed(_ code: String, _ message: String) {
        guard state.phase == .queued || state.phase == .preparing || state.phase == .booting else { return }
        fail(SessionState.Failure(code: code, message: message))
        settleWithoutWork()
    }
}

// MARK: - The agent

extension SessionReducer {
    private mutating func agent(_ event: AgentEvent) {
        guard !state.runnerIsGone else { return }
        if case .agentExited = event { state.hasWholeLog = true }
        runnerReturned()
        switch event {
        case .agentStarted:
            guard state.phase == .booting else { return }
            enter(.starting, wait: timing.starting, for: "the agent's answer to the handshake")
        case .handshake(let identity):
            guard state.phase == .starting else { return }
            // An id that is longer than any is is none, and is kept in every state.
            state.conversation = identity.conversation.flatMap { $0.utf8.count <= 256 ? $0 : nil }
            enter(.ready)
            goOn()
        case .turnStarted(let turn) where turn.isFollowUp == true: followUpStarted(turn)
        case .turnEnded(let end) where end.isFollowUp == true: followUpEnded(end)
        case .turnStarted(let turn):
            guard state.current == turn.prompt else { return }
            state.isAnswering = true
            log.append(.prompt(turn.prompt, .answering))
            settle()
        case .turnEnded(let end):
            guard state.current == end.prompt else { return }
            state.current = nil
            state.isAnswering = false
            state.turnError = end.error
            state.followUpError = nil
            state.turn = nil
            log.append(.prompt(end.prompt, .done))
            // What runs on may have asked; with the turn that was stopped, all of it was.
            if end.stopReason == "cancelled" { dropQuestions() }
            settle()
        case .permission(let permission):
            state.questions.removeAll { $0.id == permission.id }
            if permission.answer == nil { state.questions.append(OpenQuestion(permission)) }
            goOn()
        case .inquiry(let inquiry):
            state.questions.removeAll { $0.id == inquiry.id }
            if inquiry.answer == nil { state.questions.append(OpenQuestion(inquiry)) }
            if inquiry.toolCall == nil { state.goesOnByItself = true }
            state.idleSince = nil
            goOn()
        case .background(let work): background(work)
        case .agentExited(let exit): exited(exit)
        case .message, .toolCall, .plan, .usage, .note, .other: break
        }
    }

    /// The agent is free: hand it the next prompt, or end.
    mutating func goOn() {
        guard state.phase.isRunning, state.current == nil else { return }
        if state.pending.isEmpty {
            endWhenIdle()
        } else {
            let next = state.pending.removeFirst()
            state.current = next
            // What was noted while only background work ran is not about this prompt.
            state.turn = nil
            state.idleSince = nil
            state.background?.since = nil
            state.background?.isOverdue = false
            log.append(.prompt(next, .delivered))
            effects.append(.deliver(next))
        }
    }

    /// Ends a session with nothing left to do, where that is wanted.
    private mutating func endWhenIdle() {
        // A question that nothing waits for can stand for longer than a turn, and its answer goes on with the work.
        guard state.ending == .whenIdle, state.phase == .ready, !state.questions.contains(where: { $0.kind == .inquiry }) else {
            state.idleSince = nil
            return
        }
        // An agent of the kind that begins turns by itself gets a moment in which to begin one.
        guard state.goesOnByItself == true || state.background != nil else { return stop(.finishing) }
        if let since = state.idleSince, now - since >= timing.followingUp { return stop(.finishing) }
        state.idleSince = state.idleSince ?? now
    }

    private mutating func exited(_ exit: AgentExit) {
        loseRunner()
        loseCurrentPrompt()
        switch state.phase {
        case .booting, .starting, .ready, .working, .interrupted:
            if exit.reason == .finished, !state.pending.isEmpty {
                fail(SessionState.Failure(code: "endedEarly", message: "The agent ended by itself while prompts were waiting for it."))
            } else if exit.reason == .finished {
                enter(.finishing)
            } else {
                fail(SessionState.Failure(code: exit.reason.rawValue, message: exit.message, lastWords: exit.lastWords))
            }
        case .queued, .preparing, .finishing, .completed, .failed, .cancelled: break
        }
        if exit.reason == .notStarted { settleWithoutWork() } else { salvage() }
    }
}

// MARK: - The runner's life

extension SessionReducer {
    private mutating func runnerSilent() {
        guard state.phase.hasRunner, state.phase != .interrupted, !state.runnerIsGone, state.phase != .booting else { return }
        state.interruptedPhase = state.phase
        enter(.interrupted, wait: timing.grace, for: "the runner to come back")
    }

    private mutating func runnerReturned() {
        state.runnerHasSpoken = true
        guard state.phase == .interrupted, state.salvage == .none, let phase = state.interruptedPhase else { return }
        state.interruptedPhase = nil
        // What it has to tell may not be taken yet.
        state.idleSince = nil
        enter(phase, wait: phase == .finishing ? timing.stopping : nil, for: "the agent to end")
        settle()
    }

    private mutating func runnerDied() {
        guard !state.runnerIsGone else { return }
        switch state.phase {
        case .booting where state.attempt < timing.launches:
            log.append(.note("The runner of attempt \(state.attempt) ended before its first word. Starting another."))
            launch()
        case .booting:
            loseRunner()
            fail(
                SessionState.Failure(
                    code: "runnerFailed", message: "The runner could not be started in \(timing.launches.of("attempt")); its log tells why."
                ))
            settleWithoutWork()
        case .starting, .ready, .working, .finishing, .interrupted:
            loseRunner()
            loseCurrentPrompt()
            enter(.interrupted)
            salvage()
        case .cancelled, .failed:
            guard state.awaitsRunner else { return }
            loseRunner()
            loseCurrentPrompt()
            salvage()
        case .queued, .preparing, .completed: break
        }
    }

    private mutating func deadlinePassed() {
        guard let deadline = state.deadline, deadline.at <= now else { return }
        state.deadline = nil
        switch state.phase {
        case .preparing:
            fail(SessionState.Failure(code: "timeout", message: "Waited too long for \(deadline.waitingFor)."))
            effects.append(.abandonPreparation)
            settleWithoutWork()
        case .booting, .starting:
            fail(SessionState.Failure(code: "timeout", message: "Waited too long for \(deadline.waitingFor)."))
            salvage()
        case .finishing, .interrupted, .cancelled, .failed:
            if state.salvage == .running {
                salvageFailed("Waited too long for \(deadline.waitingFor).")
            } else if state.salvage == .none {
                loseCurrentPrompt()
                salvage()
            }
        case .queued, .ready, .working, .completed: break
        }
    }
}

// MARK: - The end

extension SessionReducer {
    mutating func fail(_ failure: SessionState.Failure) {
        state.failure = failure
        enter(.failed)
    }

    /// No runner is left that could take an answer.
    mutating func loseRunner() {
        state.runnerIsGone = true
        state.background = nil
        state.idleSince = nil
        dropQuestions()
        // A runner that died could not log the end of these.
        log += state.questions.compactMap(\.dropped)
        state.questions = []
    }

    /// Closes the questions for a text when the agent's turn is over. The runner closes permissions and inquiries.
    mutating func dropQuestions() {
        for question in state.questions where question.kind == .text { settle(question.id, QuestionAnswer(text: nil, by: .turn)) }
    }

    /// A prompt that was handed over and not answered: whether the agent saw it can't be known.
    mutating func loseCurrentPrompt() {
        guard let current = state.current else { return }
        // Who cancels a session knows why its prompt has no answer.
        log.append(.prompt(current, state.phase == .cancelled ? .cancelled : .uncertain))
        state.current = nil
        state.turn = nil
        state.isAnswering = false
    }

    mutating func salvage() {
        guard state.salvage == .none else { return }
        state.salvage = .running
        loseRunner()
        state.deadline = SessionState.Deadline(
            at: now + timing.salvaging, wait: timing.salvaging, waitingFor: "the work to be taken out")
        effects.append(.salvage)
    }

    private mutating func salvaged(_ result: WorkspaceResult) {
        guard state.salvage == .running else { return }
        state.salvage = .done(result)
        log.append(.result(result))
        // A salvage that failed before and succeeds now was all that had failed.
        let endsNow = state.phase == .finishing || state.phase == .failed && state.failure?.code == Self.salvageFailure
        if endsNow, let error = state.turnError {
            fail(SessionState.Failure(code: "turnFailed", message: "The agent's last turn ended with an error: \(error)"))
        } else if endsNow, let error = state.followUpError {
            let message = "The last turn, which the agent began by itself after its answer, ended with an error: \(error)"
            fail(SessionState.Failure(code: "turnFailed", message: message))
        } else if endsNow {
            state.failure = nil
            enter(.completed)
        }
        state.deadline = nil
        if !result.remaining.isEmpty { log.append(.note("Not all of the work could be brought out, so the workspace is kept.")) }
        effects.append(.cleanUp(keepingWorkspace: state.keepsWorkspace))
    }

    private mutating func salvageFailed(_ message: String) {
        guard state.salvage == .running else { return }
        state.salvage = .failed(message)
        log.append(.note("The work could not be taken out of the workspace, which is kept: \(message)"))
        if state.phase == .finishing {
            fail(SessionState.Failure(code: Self.salvageFailure, message: message))
        }
        state.deadline = nil
        effects.append(.cleanUp(keepingWorkspace: true))
    }

    /// The agent never ran, so there is nothing to take out.
    mutating func settleWithoutWork() {
        loseRunner()
        state.deadline = nil
        effects.append(.cleanUp(keepingWorkspace: false))
    }

    mutating func enter(_ phase: Phase, wait: Int64? = nil, for what: String = "") {
        state.deadline = wait.map { SessionState.Deadline(at: now + $0, wait: $0, waitingFor: what) }
        guard state.phase != phase else { return }
        state.phase = phase
        state.heldBackBy = nil
        log.append(.state(StateChange(phase: phase, attempt: state.attempt, failure: phase == .failed ? state.failure : nil)))
    }
}

extension SessionState {
    /// Whether the session is over by name while its runner has still to end.
    var awaitsRunner: Bool { (phase == .cancelled || phase == .failed) && !runnerIsGone }

    /// Whether work stands in the workspace that could not be brought out.
    public var keepsWorkspace: Bool {
        switch salvage {
        case .failed: true
        case .done(let result): !result.remaining.isEmpty
        case .none, .running: false
        }
    }
}
