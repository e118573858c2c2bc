import Wording

// The life of a session's runner, and waits that end.
extension SessionReducer {
    /// The failure codes of interrupted sessions.
    static let runnerDiedCode = "runnerDied"
    static let runnerSilentCode = "runnerSilent"

    mutating func runnerSilent() {
        guard state.phase.hasRunner, state.phase != .interrupted, !state.runnerIsGone, state.phase != .booting else { return }
        state.interruptedPhase = state.phase
        enter(.interrupted, wait: timing.grace, for: "the runner to come back")
    }

    mutating func runnerReturned() {
        state.runnerHasSpoken = true
        guard state.phase == .interrupted, state.salvage == .none, let phase = state.interruptedPhase else { return }
        state.interruptedPhase = nil
        // The runner's pending events may not be stored yet.
        state.idleSince = nil
        enter(phase, wait: phase == .finishing ? timing.stopping : nil, for: "the agent to end")
        settle()
    }

    mutating func runnerDied() {
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
            interrupt(
                SessionState.Failure(
                    code: Self.runnerDiedCode,
                    message: "The runner, SAM's process beside the agent, died, and the agent with it. The agent's work is kept."))
            salvage()
        case .cancelled, .failed:
            guard state.awaitsRunner else { return }
            loseRunner()
            loseCurrentPrompt()
            salvage()
        case .queued, .preparing, .completed: break
        }
    }

    /// Interrupts a session for good. A session that was interrupted already, and whose runner could have come back, logs its phase again with
    /// the cause.
    private mutating func interrupt(_ failure: SessionState.Failure) {
        let wasInterrupted = state.phase == .interrupted
        state.failure = failure
        enter(.interrupted)
        if wasInterrupted { log.append(.state(StateChange(phase: .interrupted, attempt: state.attempt, failure: failure))) }
    }

    mutating func deadlinePassed() {
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
                if state.phase == .interrupted {
                    interrupt(
                        SessionState.Failure(
                            code: Self.runnerSilentCode,
                            message:
                                "The runner, SAM's process beside the agent, fell silent and did not come back. The agent's work is kept."))
                }
                salvage()
            }
        case .queued, .ready, .working, .completed: break
        }
    }
}
