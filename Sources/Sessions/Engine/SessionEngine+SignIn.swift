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
        return try await sessions.store.read { [now] transaction in
            try transaction.first(
                """
                SELECT id, agent, project_id, user_id FROM sessions
                WHERE sync_token_hash = $1 AND (sync_token_until IS NULL OR sync_token_until > $2)
                """, hash, now()
            ).map { row in
                SyncCaller(
                    session: try row.parsed("id"), agent: try row.text("agent"), project: try row.parsed("project_id"),
                    user: try row.parsed("user_id"))
            }
        }
    }

    /// What goes into the sign-in file of a runner's agent.
    ///
    /// - Throws: `CredentialsError`; `VaultError`; `StoreError`.
    public nonisolated func signInContent(for runner: RunnerIdentity) async throws -> SignInContent {
        try await sessions.store.read { [credentials] transaction in
            guard let pin = try Self.filePin(of: runner.session, credentials, transaction) else {
                throw SessionsError(.notFound, "This session was started without a sign-in file.")
            }
            return SignInContent(content: try credentials.materialise(pin, in: transaction).reveal())
        }
    }

    /// The sign-in file that a session's runner looks after.
    func signIn(of session: Session) async throws -> RunnerLaunch.SignIn? {
        let pin = try await sessions.store.read { [credentials] transaction in
            try Self.filePin(of: session.id, credentials, transaction)
        }
        guard let pin, let file = session.signInFile else { return nil }
        return RunnerLaunch.SignIn(file: file, agentType: session.agent, credentialKind: pin.kind.rawValue)
    }

    /// Takes what a session's agent left in its sign-in file, now that nobody else can, and lends the credential to
    /// others. A runner that could give it back itself has removed the file.
    func giveBackSignIn(_ session: Session) async throws {
        guard session.signInFile != nil else { return }
        let caller = SyncCaller(
            session: SessionReference(session.id), agent: session.agent, project: session.project, user: session.user)
        let pin = try await sessions.store.read { [credentials] transaction in
            try Self.filePin(of: session.id, credentials, transaction)
        }
        if let pin, let file = session.signInFile {
            do {
                if let content = try await host.leftSignIn(session.id, file: file, limit: SyncRequest.limit) {
                    _ = try await credentials.sync(
                        SyncRequest(agentType: session.agent, kind: pin.kind, secret: Secret(bytes: content)), from: caller)
                }
                try await host.removeSignIn(session.id, file: file)
            } catch let error as WorkspaceError {
                // The agent can bar its own file. That must not keep the session, or the credential, for ever.
                logger.warning("\(error)")
                try await credentials.recordLoss(of: pin, why: "its file can't be read", from: caller)
            }
        }
        try await sessions.store.write { [credentials] transaction in
            try credentials.settle(caller.session, in: transaction)
            try transaction.execute("UPDATE sessions SET sync_token_hash = NULL WHERE id = $1", session.id)
        }
        hurry()
    }

    private static func filePin(
        of session: SessionID, _ credentials: Credentials, _ transaction: any Transaction
    ) throws -> Pin? {
        try credentials.pins(of: SessionReference(session), in: transaction).first { $0.mode == .materialised }
    }
}
