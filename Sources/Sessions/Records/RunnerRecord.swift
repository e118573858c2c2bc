import AgentProtocol
import Store
import Workspaces

// The runners that were started for a session, one an attempt.
extension SessionStore {
    /// Stores the handle of an attempt's runner. A repeated launch replaces it.
    func record(_ handle: RunnerHandle, of session: SessionID, attempt: Int) async throws {
        try await store.write { transaction in
            // The session may have been removed meanwhile.
            guard try transaction.first("SELECT id FROM sessions WHERE id = $1", session) != nil else { return }
            try transaction.execute(
                """
                INSERT INTO runners (session_id, attempt, host, handle) VALUES ($1, $2, $3, $4)
                ON CONFLICT (session_id, attempt) DO UPDATE SET host = excluded.host, handle = excluded.handle
                """, session, attempt, handle.host, handle.value)
        }
    }

    /// The runner of an attempt, with its handle if its launch is recorded.
    func runner(_ session: SessionID, attempt: Int) async throws -> RunnerReference {
        try await runners(session, attempts: attempt...attempt)[0]
    }

    /// The runners of some attempts, in their order. A launch that is not recorded may have happened, so no attempt is left out.
    func runners(_ session: SessionID, attempts: ClosedRange<Int>) async throws -> [RunnerReference] {
        let handles = try await store.read { transaction in
            try transaction.query("SELECT attempt, host, handle FROM runners WHERE session_id = $1 ORDER BY attempt", session)
                .reduce(into: [Int: RunnerHandle]()) { handles, row in
                    handles[try row.integer("attempt")] = RunnerHandle(host: try row.text("host"), value: try row.text("handle"))
                }
        }
        return attempts.map { RunnerReference(session: session, attempt: $0, handle: handles[$0]) }
    }
}
