import Accounts
import AgentProtocol
import Logging
import Settings
import Workspaces

extension SessionEngine {
    /// Takes up what was recorded before the last stop and may not have been done.
    func resume() async {
        do {
            for session in try await queries.unsettled() {
                lastHeard[session.id] = now()
                if session.state.phase.hasRunner, !session.state.runnerIsGone { try await endpoints.open(session.id) }
                for effect in SessionReducer.resume(session.state) { begin(effect, session.id) }
                try await resendLostCommand(session)
            }
        } catch {
            logger.error("The sessions could not be taken up: \(error)")
        }
    }

    /// A prompt, or the word to stop, may have been recorded and not yet written for the runner.
    private func resendLostCommand(_ session: Session) async throws {
        guard !session.state.runnerIsGone else { return }
        let commands = try await commands(session.id, attempt: session.state.attempt, after: 0).map(\.command)
        if let current = session.state.current, !session.state.isAnswering,
            !commands.contains(where: { if case .prompt(let prompt) = $0 { prompt.id == current } else { false } })
        {
            begin(.deliver(current), session.id)
        }
        let isStopping = session.state.phase == .finishing || session.state.phase == .cancelled
        if isStopping, !commands.contains(.stop) { begin(.send(.stop), session.id) }
    }

    /// Looks at every session that is not settled: deadlines, runners, and who may run next.
    func supervise() async {
        do {
            let unsettled = try await queries.unsettled()
            for session in unsettled {
                do {
                    try await supervise(session)
                } catch {
                    // One session in trouble must not keep the others from being looked after.
                    logger.error("\(session.id.rawValue): \(error)")
                }
            }
            try await freeSlots(unsettled)
        } catch {
            logger.error("Supervision: \(error)")
        }
    }

    private func supervise(_ session: Session) async throws {
        let state = session.state
        if let deadline = state.deadline, deadline.at <= now() {
            try await apply(.deadlinePassed, to: session.id)
            return
        }
        guard state.phase.hasRunner || state.awaitsRunner, !state.runnerIsGone, state.salvage == .none else { return }
        let silence = now() - (lastHeard[session.id] ?? now())
        if host.isRunnerAlive(session.id, attempt: state.attempt) {
            if silence > timing.silence { try await apply(.runnerSilent, to: session.id) }
        } else if state.phase != .booting || silence > timing.launching {
            try await takeInSpool(session.id, state.attempt)
            try await apply(.runnerDied, to: session.id)
        }
    }

    private func freeSlots(_ unsettled: [Session]) async throws {
        var queued = unsettled.filter { $0.state.phase == .queued }
        guard let first = queued.first else { return }
        let limit = try await settings.integer(.sessionLimit, project: nil, user: first.user)
        var free = limit - unsettled.count { $0.state.holdsSlot }
        while free > 0, !queued.isEmpty {
            try await apply(.slotFreed, to: queued.removeFirst().id)
            free -= 1
        }
    }
}
