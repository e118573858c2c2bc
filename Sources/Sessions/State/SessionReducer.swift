import AgentProtocol

/// The session's state machine. Pure: a state and an input give a state, log entries and effects.
///
/// An input that does not apply in a state changes nothing: a late answer of an attempt that is over, a second cancel, a deadline that was
/// met at the last moment.
public struct SessionReducer: Sendable {
    var state: SessionState
    let now: Int64
    let timing: Timing
    /// The most text questions that may be open at once.
    static let questionLimit = 4
    /// The most progress reports that are logged in one turn.
    static let progressLimit = 200
    /// The most that are logged in a minute, over all turns.
    static let progressLimitPerMinute = 60
    /// The failure code of a session whose work could not be salvaged.
    static let salvageFailure = "salvageFailed"
    var log: [LogEntry] = []
    var effects: [SessionEffect] = []

    /// The result of an input.
    public struct Outcome: Sendable, Hashable {
        /// The new state.
        public var state: SessionState
        /// The entries to append to the log.
        public var log: [LogEntry]
        /// The effects to carry out.
        public var effects: [SessionEffect]

        /// The prompt to deliver; an input delivers one at most.
        var delivery: PromptID? {
            effects.lazy.compactMap { if case .deliver(let prompt) = $0 { prompt } else { nil } }.first
        }
    }

    /// Applies an input to a state.
    ///
    /// - Parameter now: UTC milliseconds.
    public static func reduce(_ state: SessionState, _ input: SessionInput, now: Int64, timing: Timing = Timing()) -> Outcome {
        var reducer = SessionReducer(state: state, now: now, timing: timing)
        reducer.take(input)
        return Outcome(state: reducer.state, log: reducer.log, effects: reducer.effects)
    }

    /// The effects to repeat when SAM starts and finds a session in this state: they were recorded and may not have been carried out.
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
        case .authorShutOut(let id, let note): authorShutOut(id, note)
        case .edited(let id): if state.pending.contains(id) { log.append(.prompt(id, .kept)) }
        case .answered(let answer): answered(answer)
        case .stuck(let prompt, let sentence, let act): stuck(prompt, sentence, act)
        case .inquiryAnswered(let reply): inquiryAnswered(reply)
        case .backgroundOverdue(let minutes): backgroundOverdue(minutes)
        case .backgroundGoesOn: backgroundGoesOn()
        case .stayedIdle: advance()
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
        case .workspaceKept(let reason): workspaceKept(reason)
        case .cleanedUp: state.isCleanedUp = true
        case .restored(let project): restored(project)
        }
    }

    /// Enters a phase and starts the clock of its wait.
    mutating func enter(_ phase: Phase, wait: Int64? = nil, for what: String = "") {
        state.deadline = wait.map { SessionState.Deadline(at: now + $0, wait: $0, waitingFor: what) }
        guard state.phase != phase else { return }
        state.phase = phase
        state.heldBackBy = nil
        let failure = phase == .failed || phase == .interrupted ? state.failure : nil
        log.append(.state(StateChange(phase: phase, attempt: state.attempt, failure: failure)))
    }
}
