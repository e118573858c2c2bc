import AgentProtocol
import Store
import Workspaces

// What a runner on another machine has to run.
extension RunnerIntake {
    /// What a runner has to run, made from the records as they are now. Nothing of it is stored, because it has the session's lease: each
    /// answer has a new one, which ends the one before.
    ///
    /// - Throws: ``SessionsError/Code/wrongState`` when the attempt's agent has started, whose lease this would end;
    ///   ``SessionsError/Code/fenced`` when the attempt is over; `CredentialsError`; `WorkspaceError`; `StoreError`.
    public func configuration(for runner: RunnerIdentity) async throws -> RunnerConfiguration {
        let session = try await queries.session(runner.session)
        let grant = try await store.write { [launches] transaction in
            try launches.grant(session, runner.attempt, in: transaction)
        }
        guard let grant else {
            let state = try await queries.session(runner.session).state
            guard state.attempt == runner.attempt, !state.runnerIsGone else {
                throw SessionsError(.fenced, "This runner's attempt is over.")
            }
            throw SessionsError(.wrongState, "The agent of this attempt has started, and its configuration is given before that only.")
        }
        for note in grant.bounds.notes { try await changes.apply(.noted(note), to: session.id) }
        return try await launches.launch(of: session, attempt: runner.attempt, token: "", by: grant).configuration
    }
}
