import Accounts
import AgentProtocol
import Credentials
import Store
import Vault

// Sign-ins that runners look after for their agents.
extension RunnerIntake {
    /// The session whose runner may give a sign-in back with this token: while the session lives, and for a limited time after its end
    /// until the sign-in was given back.
    ///
    /// - Throws: `StoreError`.
    public func syncCaller(withToken token: String) async throws -> SessionIdentity? {
        let (hash, now) = (TokenHash(of: token), changes.now())
        return try await store.read { transaction in
            try transaction.first(
                """
                SELECT id, agent, project_id, user_id FROM sessions
                WHERE sync_token_hash = $1 AND (sync_token_until IS NULL OR sync_token_until > $2)
                """, hash, now
            ).map { row in
                SessionIdentity(
                    session: try row.parsed("id"), agent: try row.text("agent"), project: try row.parsed("project_id"),
                    user: try row.parsed("user_id"))
            }
        }
    }

    /// The content for the sign-in file of a runner's agent.
    ///
    /// - Throws: `CredentialsError` when the session may not use the credential any more; `VaultError`; `StoreError`.
    public func signInContent(for runner: RunnerIdentity) async throws -> SignInContent {
        let session = try await queries.session(runner.session)
        return try await store.read { [pins] transaction in
            SignInContent(content: try pins.materialise(for: SessionIdentity(session), in: transaction).reveal())
        }
    }
}
