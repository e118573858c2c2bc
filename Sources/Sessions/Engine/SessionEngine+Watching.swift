import AgentProtocol
import Workspaces

// Whether runners are alive. Where the host can wait for a runner's end, it is not polled.
extension SessionEngine {
    /// Acts on what is known of a session's runner.
    func lookAtRunner(_ session: Session) async throws {
        let (id, state) = (session.id, session.state)
        guard state.phase.hasRunner || state.awaitsRunner, !state.runnerIsGone, state.salvage == .none else { return }
        let silence = now() - (lastHeard[id] ?? now())
        // One that was just started may not have its lock yet.
        guard state.runnerHasSpoken || work[id] == nil && silence > timing.launching else { return }
        lastLookAtRunner[id] = now()
        switch await host.liveness(of: id, attempt: state.attempt) {
        case .dead: endWithItsRunner(session)
        case .alive:
            watchRunner(of: id, state.attempt)
            fallthrough
        case .unknown:
            guard state.canBeInterrupted, silence > timing.silence else { return }
            try await apply(.runnerSilent, to: id, ofAttempt: state.attempt)
        }
    }

    /// Has the end of a runner told, where the host can.
    private func watchRunner(of session: SessionID, _ attempt: Int) {
        guard watched[session] != attempt else { return }
        watched[session] = attempt
        Task {
            let hasEnded = await host.waitForRunnerEnd(session, attempt: attempt)
            if watched[session] == attempt { watched[session] = nil }
            // Its lock can be held for a moment longer than it lives.
            let lastLook = lastLookAtRunner[session] ?? 0
            if hasEnded { lastLookAtRunner[session] = nil }
            plan(session, notBefore: hasEnded ? lastLook + timing.pausingBetweenLooks : now())
        }
    }

    /// Takes in what a dead runner left and says that it is dead. Beside the supervision, since that can be a lot.
    private func endWithItsRunner(_ session: Session) {
        guard bereaved.insert(session.id).inserted else { return }
        inBackground(session.id) { try await self.finishRunner(of: session) }
    }

    private func finishRunner(of session: Session) async throws {
        defer { bereaved.remove(session.id) }
        try await takeInSpool(session)
        try await apply(.runnerDied, to: session.id, ofAttempt: session.state.attempt)
    }
}
