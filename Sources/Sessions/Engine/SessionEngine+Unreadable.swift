import Accounts
import AgentProtocol
import Credentials
import Gateway
import Store
import Workspaces

extension SessionEngine {
    /// Forgets a session whose row can't be read, with its workspace: a person said so.
    ///
    /// - Throws: `StoreError`.
    func removeUnreadable(_ session: UnreadableSession, by user: UserID) async throws {
        let id = session.id
        let project = try await queries.project(of: id)
        // Which attempt was its last the row may not tell.
        for attempt in 1...max(1, timing.launches) { await host.killRunner(id, attempt: attempt) }
        await endpoints.close(id)
        await host.cleanUp(id, of: project, keepingWorkspace: false, keepingHome: false)
        // What it left on branches may be all that is left of it.
        await host.forget(id, of: project, withWork: false)
        let reference = SessionReference(id)
        let (lent, caller) = try await sessions.store.read { [credentials] transaction in
            let row = try SessionStore.row(id, transaction)
            let caller = SyncCaller(
                session: reference, agent: try row.optionalText("agent") ?? "", project: project, user: try row.parsed("user_id"))
            return (try credentials.lentFile(to: reference, in: transaction), caller)
        }
        if let lent { try await credentials.recordLoss(of: lent, why: "the session can't be read and was removed", from: caller) }
        try await sessions.store.write { [accounts, credentials, leases = sessions.leases] transaction in
            try leases.end(reference, in: transaction)
            try credentials.forget(reference, in: transaction)
            try transaction.execute("DELETE FROM sessions WHERE id = $1", id)
            try accounts.record(transaction, user, "session.removed", id.rawValue, "It could not be read: \(session.reason)")
        }
        unreadable.remove(id)
        gateway.forget()
        forget(id)
    }
}
