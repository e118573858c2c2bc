import Accounts
import AgentProtocol
import Credentials
import Gateway
import Store
import Workspaces

extension SessionCommands {
    /// Removes a session whose row can't be read, with its workspace, at a user's request.
    ///
    /// - Throws: `StoreError`; `WorkspaceError` when a runner can't be killed.
    func removeUnreadable(_ session: UnreadableSession, by user: UserID) async throws {
        let id = session.id
        let project = try await queries.project(of: id)
        // The row may not say which attempt was the last.
        let attempts = 1...max(1, changes.sessions.timing.launches)
        try await host.kill(try await changes.sessions.runners(id, attempts: attempts))
        await endpoints.close(id)
        await host.cleanUp(id, of: project, keepingWorkspace: false, keepingHome: false)
        // Its branches may be the only work that is left of it.
        await host.forget(id, of: project, withWork: false)
        let reference = SessionReference(id)
        let (lent, caller) = try await store.read { [credentials] transaction in
            let row = try SessionStore.row(id, transaction)
            let caller = SessionIdentity(
                session: reference, agent: try row.optionalText("agent") ?? "", project: project, user: try row.parsed("user_id"))
            return (try credentials.pins.lentFile(to: reference, in: transaction), caller)
        }
        if let lent { try await credentials.sync.recordLoss(of: lent, why: "the session can't be read and was removed", from: caller) }
        try await store.write { [accounts, credentials, leases = changes.sessions.leases] transaction in
            try leases.end(reference, in: transaction)
            try credentials.pins.forget(reference, in: transaction)
            try transaction.execute("DELETE FROM sessions WHERE id = $1", id)
            try accounts.record(transaction, user, "session.removed", id.rawValue, "It could not be read: \(session.reason)")
        }
        changes.access.invalidate(reference)
        signals.update { list in
            list.unreadable.remove(id)
            list.forget(id)
        }
    }
}
