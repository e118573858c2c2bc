import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Settings
import Store
import Workspaces

/// What people ask of sessions: create, write, answer, end, remove, continue, land.
///
/// Stateless: each command checks its input, changes the record in one transaction through ``SessionChanges``, and leaves what follows to
/// supervision and work. Safe to share between tasks.
public struct SessionCommands: Sendable {
    let changes: SessionChanges
    let accounts: Accounts
    let settings: Settings
    let credentials: CredentialServices
    let agents: AgentPrograms
    let slots: SessionSlots
    let host: any WorkspaceHost
    let endpoints: any SessionEndpoints
    let leaving: LeavingProjects

    var queries: SessionQueries { changes.queries }
    var signals: SessionSignals { changes.signals }
    var store: Store { changes.sessions.store }

    /// Applies an input that the agent will see, if this user may write to the session and its state allows it.
    func steer(
        _ session: SessionID, by user: UserID,
        _ input: @escaping @Sendable (any Transaction, SessionState) throws -> SessionInput
    ) async throws {
        let target = try await queries.session(session)
        try await changes.change(session) { [credentials] transaction in
            let state = try SessionStore.state(session, transaction)
            try WriteAccess.check(user, to: target, credentials, transaction)
            return [try input(transaction, state)]
        }
        signals.steered(session)
    }
}
