import Accounts
import AgentProtocol
import Credentials
import Logging
import Store
import Vault
import Wording
import Workspaces

// Sign-ins that agents keep in files.
extension WorkSteps {
    /// Stores what a session's agent left in its sign-in file, once its runner is dead, and frees the credential for others. A runner that
    /// gave the sign-in back itself has removed the file. Nothing is stored twice.
    func giveBackSignIn(_ session: Session) async throws {
        let caller = SessionIdentity(session)
        let lent = try await store.read { [pins] in try pins.lentFile(to: caller.session, in: $0) }
        guard let lent else { return }
        if let file = session.signInFile {
            do {
                if let content = try await host.leftSignIn(session.id, file: file, limit: SyncRequest.limit) {
                    _ = try await sync.sync(
                        SyncRequest(agentType: session.agent, kind: lent.kind, secret: Secret(bytes: content)), from: caller)
                }
            } catch let error as WorkspaceError {
                // The agent can make its own file unreadable. That must not block the session or the credential forever.
                logger.warning("\(logWords(of: error))")
                try await sync.recordLoss(of: lent, why: "its file can't be read", from: caller)
            }
            do {
                try await host.removeSignIn(session.id, file: file)
            } catch {
                // The file is removed with the agent's home soon after.
                logger.warning("\(logWords(of: error))")
            }
        }
        try await store.write { [pins] transaction in
            try pins.settle(caller.session, in: transaction)
            try transaction.execute("UPDATE sessions SET sync_token_hash = NULL WHERE id = $1", session.id)
        }
        signals.wakeQueue()
    }
}

extension SessionIdentity {
    init(_ session: Session) {
        self.init(session: SessionReference(session.id), agent: session.agent, project: session.project, user: session.user)
    }
}
