import Accounts
import AgentProtocol
import Credentials
import Gateway
import Store
import Workspaces

/// Sessions in a backup, and what becomes of them when SAM is restored from it. Works on a database that no engine has open.
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

    /// The commits that sessions began from and left, by project: what a diff needs beside the refs that SAM made.
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

    /// Ends every session that is not settled, and every token that a session's runner or agent has.
    ///
    /// - Parameter mirror: the path of a project's mirror.
    /// - Returns: how many sessions were ended by this.
    /// - Throws: `StoreError`.
    public func settle(mirror: @escaping @Sendable (ProjectID) -> String) async throws -> Int {
        let touched = try await store.read { transaction in
            let rows = try transaction.query("SELECT id, project_id, state FROM sessions")
            return transaction.readable(rows, of: "sessions") { row -> Touched? in
                let state = try SessionState(of: row)
                guard !state.isSettled || state.keepsWorkspace else { return nil }
                return Touched(id: try row.parsed("id"), project: try row.parsed("project_id"), isOpen: !state.isSettled)
            }.compactMap(\.self)
        }
        for session in touched {
            _ = try await sessions.apply(to: session.id) { _ in [.restored(mirror: mirror(session.project))] }
        }
        try await store.write { [accounts, now] transaction in
            try Credentials.endLoans(accounts, now: now(), in: transaction) { session in
                try transaction.first("SELECT agent, project_id, user_id FROM sessions WHERE id = $1", session).map { row in
                    SyncCaller(
                        session: session, agent: try row.text("agent"), project: try row.parsed("project_id"),
                        user: try row.parsed("user_id"))
                }
            }
            // Also those of sessions that can't be read, and of such as were settled and could still give something back.
            try transaction.execute("UPDATE sessions SET runner_token_hash = NULL, sync_token_hash = NULL, sync_token_until = NULL")
            try transaction.execute("DELETE FROM leases WHERE session_id IS NOT NULL")
        }
        return touched.count(where: \.isOpen)
    }

    /// A session to which a restore means something.
    private struct Touched: Sendable {
        var id: SessionID
        var project: ProjectID
        /// Whether something could still have happened to it.
        var isOpen: Bool
    }

    /// Has results name the repositories of another home.
    ///
    /// - Parameters:
    ///   - old: the home's path in the backup.
    ///   - new: its path now.
    /// - Throws: `StoreError`.
    public func move(from old: String, to new: String) async throws {
        guard old != new else { return }
        // As they stand in JSON: with a slash at the end, so that no longer name is taken for it.
        let (from, to) = (try Self.inJSON(old + "/"), try Self.inJSON(new + "/"))
        try await store.write { transaction in
            for member in ["\"mirror\":\"", "\"repository\":\""] {
                try transaction.execute("UPDATE sessions SET state = replace(state, $1, $2)", member + from, member + to)
                try transaction.execute(
                    "UPDATE session_events SET payload = replace(payload, $1, $2) WHERE kind = 'result'", member + from, member + to)
                try transaction.execute(
                    """
                    UPDATE session_event_blobs SET payload = replace(payload, $1, $2) WHERE EXISTS (
                        SELECT 1 FROM session_events e WHERE e.session_id = session_event_blobs.session_id
                            AND e.seq = session_event_blobs.seq AND e.kind = 'result')
                    """, member + from, member + to)
            }
        }
    }

    private static func inJSON(_ text: String) throws -> String {
        String(try JSONLine.text([text]).dropFirst(2).dropLast(2))
    }
}
