import Accounts
import AgentProtocol
import Store

extension SessionCommands {
    /// Pushes a session's branch to its origin.
    ///
    /// A push can't be rolled back with a transaction. So that none is missing in the audit trail, its start is recorded before it starts,
    /// and its outcome after it.
    ///
    /// - Parameter push: does the push.
    /// - Returns: what the push returns.
    /// - Throws: what the push throws; `StoreError`, before or after the push.
    public func land<Outcome: Sendable>(
        _ branch: String, of session: SessionID, by user: UserID, push: () async throws -> Outcome
    ) async throws -> Outcome {
        try await record("session.landing", session, branch, user)
        let outcome: Outcome
        do {
            outcome = try await push()
        } catch {
            try await record("session.notLanded", session, branch, user)
            throw error
        }
        try await record("session.landed", session, branch, user)
        return outcome
    }

    private func record(_ action: String, _ session: SessionID, _ detail: String, _ user: UserID) async throws {
        let (accounts, store) = (accounts, store)
        // The caller's task may be cancelled when its client disconnects; the record is written all the same.
        try await Task {
            try await store.write { transaction in try accounts.record(transaction, user, action, session.rawValue, detail) }
        }.value
    }
}
