import AgentCatalogue
import AgentProtocol
import Logging
import Store
import Wording
import Workspaces

// What is left when a runner is dead.
extension WorkSteps {
    func salvage(_ id: SessionID) async throws {
        let session = try await queries.session(id)
        guard session.state.salvage == .running else { return }
        defer { board[id] = nil }
        let unkilled = try await killAllRunners(of: session)
        try await giveBackSignIn(session)
        do {
            // Events that the runner could not deliver belong to the log.
            try await takeInSpool(session)
            if let unkilled { throw unkilled }
            let result = try await host.salvage(
                SalvageRequest(
                    session: id, project: try await project(of: session), branch: session.branch,
                    base: session.state.workspace?.base ?? "", limits: try await limits(of: session),
                    leavesBehind: await agents.agent(session.agent)?.leavesBehind ?? [], report: board.report(for: id)))
            try await changes.apply(.salvaged(result), to: id)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try await changes.apply(.salvageFailed(reason(of: error)), to: id)
        }
    }

    /// Stores the events that a dead runner spooled but did not deliver.
    func takeInSpool(_ session: Session) async throws {
        guard !session.state.hasWholeLog else { return }
        var last = try await store.read { transaction in
            try SessionStore.row(session.id, transaction).integer("runner_acknowledged")
        }
        var events = await host.spooledEvents(
            of: try await changes.sessions.runner(session.id, attempt: session.state.attempt), after: last)[...]
        while !events.isEmpty {
            let acknowledged = try await changes.ingest(Array(events.prefix(500)), for: session.id, attempt: session.state.attempt)
            guard acknowledged > last else { break }
            last = acknowledged
            events = events.drop { $0.n <= acknowledged }
        }
    }

    func cleanUp(_ id: SessionID, keepingWorkspace: Bool) async throws {
        let session = try await queries.session(id)
        guard session.state.phase.isEnd, !session.state.isCleanedUp, session.state.salvage != .running else { return }
        let unkilled = try await killAllRunners(of: session)
        if let unkilled {
            logger.warning("\(id.rawValue): its workspace is kept: \(logWords(of: unkilled))")
            try await changes.apply(.workspaceKept(reason(of: unkilled)), to: id)
        }
        try await giveBackSignIn(session)
        await endpoints.close(id)
        // The home is kept while its workspace is, or when the agent can load its conversation from it; never with a sign-in in it, and not
        // after the disk limit was reached.
        let keepsWorkspace = keepingWorkspace || session.state.keepsWorkspace || unkilled != nil
        let keepsHome =
            (keepsWorkspace || session.state.conversation != nil) && session.signInFile == nil
            && session.state.failure?.code != AgentExit.Reason.diskLimit.rawValue
        await host.cleanUp(
            id, of: session.project, keepingWorkspace: keepsWorkspace, keepingHome: keepsHome)
        // If the server stops, the clean-up is repeated at the next start.
        try Task.checkCancellation()
        try await changes.apply(.cleanedUp, to: id)
    }

    /// Stores what a dead runner left and records its death.
    func recordDeath(of session: Session) async throws {
        try await takeInSpool(session)
        try await changes.apply(.runnerDied, to: session.id, ofAttempt: session.state.attempt)
    }
}
