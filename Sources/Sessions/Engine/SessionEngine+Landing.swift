import Accounts
import AgentProtocol
import Store

extension SessionEngine {
    /// Pushes a session's branch to where it came from.
    ///
    /// A push can't be taken back with a transaction. So that none is missing in the audit trail, it says what begins before it begins, and
    /// then what came of it.
    ///
    /// - Parameter push: what pushes.
    /// - Throws: what the push throws; `StoreError`, before anything was pushed or after.
    public func land(_ branch: String, of session: SessionID, by user: UserID, push: () async throws -> Void) async throws {
        try await record("session.landing", session, branch, user)
        do {
            try await push()
        } catch {
            try await record("session.notLanded", session, branch, user)
            throw error
        }
        try await record("session.landed", session, branch, user)
    }

    private func record(_ action: String, _ session: SessionID, _ detail: String, _ user: UserID) async throws {
        let (accounts, store) = (accounts, sessions.store)
        // Who asked may have left meanwhile, which cancels what is done for them; what was done stays.
        try await Task {
            try await store.write { transaction in try accounts.record(transaction, user, action, session.rawValue, detail) }
        }.value
    }
}
