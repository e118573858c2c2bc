import AgentProtocol
import Workspaces

// Whether runners are alive. Where the host can wait for a runner's end, it is polled less.
extension SessionSupervisor {
    /// Checks a session's runner and acts on the result.
    func lookAtRunner(_ session: Session) async throws {
        let (id, state) = (session.id, session.state)
        guard state.phase.hasRunner || state.awaitsRunner, !state.runnerIsGone, state.salvage == .none else { return }
        let silence = now() - (signals.lastHeard(id) ?? now())
        // A runner that was just started may not hold its lock yet.
        guard state.runnerHasSpoken || !signals.isWorkedOn(id) && silence > timing.launching else { return }
        signals.update { $0[id].lastLookAtRunner = now() }
        let runner = try await changes.sessions.runner(id, attempt: state.attempt)
        switch await host.liveness(of: runner) {
        case .dead: signals.runnerDied(of: session)
        case .alive:
            watch(runner)
            fallthrough
        case .unknown:
            guard state.canBeInterrupted, silence > timing.silence else { return }
            try await changes.apply(.runnerSilent, to: id, ofAttempt: state.attempt)
        }
    }

    /// Waits for a runner's end in the background, where the host can, and then plans the next look.
    private func watch(_ runner: RunnerReference) {
        let (session, attempt) = (runner.session, runner.attempt)
        let isNew = signals.update { list in
            guard list[session].watchedAttempt != attempt else { return false }
            list[session].watchedAttempt = attempt
            return true
        }
        guard isNew else { return }
        Task { [host, signals, timing] in
            let hasEnded = await host.waitForEnd(of: runner)
            signals.update { list in
                if list[session].watchedAttempt == attempt { list[session].watchedAttempt = nil }
                // The lock can be held for a moment after the runner has ended.
                let lastLook = list[session].lastLookAtRunner ?? 0
                if hasEnded { list[session].lastLookAtRunner = nil }
                list.plan(
                    session, notBefore: hasEnded ? lastLook + timing.pausingBetweenLooks : signals.now(), now: signals.now())
            }
        }
    }
}
