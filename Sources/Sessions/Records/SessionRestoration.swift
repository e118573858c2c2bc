import Accounts
import AgentProtocol
import Credentials
import Gateway
import Store
import Workspaces

/// Prepares a backup's sessions for use after a restore. Works on a database that no server has open.
public struct SessionRestoration: Sendable {
    private let store: Store
    private let accounts: Accounts
    private let sessions: SessionStore
    private let now: @Sendable () -> Int64

    /// Opens the sessions of a database.
    public init(store: Store, accounts: Accounts, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.accounts = accounts
        sessions = SessionStore(store: store, leases: Leases(store: store, accounts: accounts, now: now), timing: Timing(), now: now)
        self.now = now
    }

    /// The base and result commits of sessions, by project: diffs need them in addition to the refs that SAM made.
    ///
    /// - Throws: `StoreError`.
    public static func commits(in store: Store) async throws -> [ProjectID: Set<String>] {
        try await store.read { transaction in
            let rows = try transaction.query("SELECT id, project_id, state FROM sessions")
            let found = transaction.readable(rows, of: "sessions") { row -> (ProjectID, [String]) in
                let state = try SessionState(of: row)
                return (try row.parsed("project_id"), [state.workspace?.base, state.result?.base, state.result?.commit].compactMap(\.self))
            }
            return found.reduce(into: [:]) { commits, session in commits[session.0, default: []].formUnion(session.1) }
        }
    }

    /// Ends every session that is not settled, and every token of a session's runner or agent.
    ///
    /// - Returns: how many sessions were ended.
    /// - Throws: `StoreError`.
    public func settle() async throws -> Int {
        let touched = try await store.read { transaction in
            let rows = try transaction.query("SELECT id, project_id, state FROM sessions")
            return transaction.readable(rows, of: "sessions") { row -> Touched? in
                let state = try SessionState(of: row)
                guard !state.isSettled || state.keepsWorkspace else { return nil }
                return Touched(id: try row.parsed("id"), project: try row.parsed("project_id"), isOpen: !state.isSettled)
            }.compactMap(\.self)
        }
        for session in touched {
            _ = try await sessions.apply(to: session.id) { _ in [.restored(session.project)] }
        }
        try await store.write { [accounts, now] transaction in
            try RestoredLoans.end(accounts, now: now(), in: transaction) { session in
                try transaction.first("SELECT agent, project_id, user_id FROM sessions WHERE id = $1", session).map { row in
                    SessionIdentity(
                        session: session, agent: try row.text("agent"), project: try row.parsed("project_id"),
                        user: try row.parsed("user_id"))
                }
            }
            // Includes tokens of sessions that can't be read, and of settled ones that could still give a sign-in back.
            try transaction.execute("UPDATE sessions SET runner_token_hash = NULL, sync_token_hash = NULL, sync_token_until = NULL")
            try transaction.execute("DELETE FROM leases WHERE session_id IS NOT NULL")
        }
        return touched.count(where: \.isOpen)
    }

    /// A session that a restore changes.
    private struct Touched: Sendable {
        var id: SessionID
        var project: ProjectID
        /// Whether it was not settled.
        var isOpen: Bool
    }
}
