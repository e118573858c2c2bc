import Accounts
import AgentProtocol
import Credentials
import Logging
import Store
import Vault
import Workspaces

extension SessionEngine {
    /// The session whose runner may give a sign-in back with this token: while it lives, and for a while after its end,
    /// until that was done.
    ///
    /// - Throws: `StoreError`.
    public nonisolated func syncCaller(withToken token: String) async throws -> SyncCaller? {
        let hash = TokenHash(of: token)
        return try await sessions.store.read { [clock] transaction in
            try transaction.first(
                """
                SELECT id, agent, project_id, user_id FROM sessions
                WHERE sync_token_hash = $1 AND (sync_token_until IS NULL OR sync_token_until > $2)
                """, hash, clock.now
            ).map { row in
                SyncCaller(
                    session: try row.parsed("id"), agent: try row.text("agent"), project: try row.parsed("project_id"),
                    user: try row.parsed("user_id"))
            }
        }
    }

    /// What goes into the sign-in file of a runner's agent.
    ///
    /// - Throws: `CredentialsError` when it is not this session's to have any more; `VaultError`; `StoreError`.
    public nonisolated func signInContent(for runner: RunnerIdentity) async throws -> SignInContent {
        let session = try await queries.session(runner.session)
        return try await sessions.store.read { [credentials] transaction in
            SignInContent(content: try credentials.materialise(for: SyncCaller(session), in: transaction).reveal())
        }
    }

    /// The sign-in file that a session's runner looks after.
    ///
    /// - Throws: `CredentialsError` when what was pinned is not this session's to have any more.
    func signIn(of session: Session) async throws -> RunnerLaunch.SignIn? {
        guard let file = session.signInFile else { return nil }
        return try await sessions.store.read { [credentials] transaction in
            _ = try credentials.materialise(for: SyncCaller(session), in: transaction)
            return RunnerLaunch.SignIn(file: file, agentType: session.agent, credentialKind: CredentialKind.oauth.rawValue)
        }
    }

    /// Takes what a session's agent left in its sign-in file, now that its runner is dead, and lends the credential to
    /// others. A runner that could give it back itself has removed the file. What is given back once is not taken again.
    func giveBackSignIn(_ session: Session) async throws {
        let caller = SyncCaller(session)
        let lent = try await sessions.store.read { [credentials] in try credentials.lentFile(to: caller.session, in: $0) }
        guard let lent else { return }
        if let file = session.signInFile {
            do {
                if let content = try await host.leftSignIn(session.id, file: file, limit: SyncRequest.limit) {
                    _ = try await credentials.sync(
                        SyncRequest(agentType: session.agent, kind: lent.kind, secret: Secret(bytes: content)), from: caller)
                }
            } catch let error as WorkspaceError {
                // The agent can bar its own file. That must not keep the session, or the credential, for ever.
                logger.warning("\(error)")
                try await credentials.recordLoss(of: lent, why: "its file can't be read", from: caller)
            }
            do {
                try await host.removeSignIn(session.id, file: file)
            } catch {
                // It goes with the agent's home in a moment.
                logger.warning("\(error)")
            }
        }
        try await sessions.store.write { [credentials] transaction in
            try credentials.settle(caller.session, in: transaction)
            try transaction.execute("UPDATE sessions SET sync_token_hash = NULL WHERE id = $1", session.id)
        }
        hurry()
    }
}

extension SyncCaller {
    init(_ session: Session) {
        self.init(session: SessionReference(session.id), agent: session.agent, project: session.project, user: session.user)
    }
}
