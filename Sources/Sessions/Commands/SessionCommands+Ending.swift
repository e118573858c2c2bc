import Accounts
import AgentProtocol
import Credentials
import Store
import Workspaces

// The end of sessions, at a person's request.
extension SessionCommands {
    /// Ends a session now. Its work is kept.
    ///
    /// - Throws: ``SessionsError`` when it is over already; `StoreError`.
    public func cancel(_ session: SessionID, by user: UserID) async throws {
        try await changes.change(session) { [accounts] transaction in
            let state = try SessionStore.state(session, transaction)
            guard !state.phase.isEnd || state.phase == .interrupted && state.salvage == .none else {
                throw SessionsError(.wrongState, "Session \(session.rawValue) is \(state.phase.rawValue) already.")
            }
            try accounts.record(transaction, user, "session.cancelled", session.rawValue, "")
            return [.cancelRequested]
        }
    }

    /// Ends a session as soon as all its prompts are answered, no background work runs and no inquiry is open.
    ///
    /// - Throws: ``SessionsError`` when it is over already; `StoreError`.
    public func finish(_ session: SessionID, by user: UserID) async throws {
        try await changes.change(session) { [accounts] transaction in
            let state = try SessionStore.state(session, transaction)
            guard !state.phase.isEnd else {
                throw SessionsError(.wrongState, "Session \(session.rawValue) is \(state.phase.rawValue) already.")
            }
            try accounts.record(transaction, user, "session.finished", session.rawValue, "")
            return [.finishRequested]
        }
    }

    /// Removes a settled session and its log. Its branch stays in the mirror, unless `evenUnlanded` is true.
    ///
    /// - Throws: ``SessionsError`` when it is not settled, or its work exists only in its workspace and `evenUnlanded` is false;
    ///   `StoreError`.
    public func remove(_ id: SessionID, evenUnlanded: Bool, by user: UserID) async throws {
        // No other work may start for the session while its files are removed.
        try await changes.withoutChanges(of: id) { try await removeAlone(id, evenUnlanded: evenUnlanded, by: user) }
    }

    private func removeAlone(_ id: SessionID, evenUnlanded: Bool, by user: UserID) async throws {
        let session: Session
        do {
            session = try await queries.session(id)
        } catch let error as SessionsError where error.code == .unreadable && evenUnlanded {
            return try await removeUnreadable(try await queries.unreadable(id), by: user)
        }
        guard session.state.isSettled else {
            throw SessionsError(.wrongState, "Session \(id.rawValue) is \(session.state.phase.rawValue). Cancel it first.")
        }
        if session.state.keepsWorkspace, !evenUnlanded {
            throw SessionsError(
                .wrongState,
                "Some work of session \(id.rawValue) is only in its workspace, because it could not be taken out. Try again with: sam sessions salvage \(id.rawValue). Remove it all the same with --force."
            )
        }
        await host.cleanUp(id, of: session.project, keepingWorkspace: false, keepingHome: false)
        await host.forget(id, of: session.project, withWork: evenUnlanded)
        try await store.write { [accounts, credentials] transaction in
            try credentials.pins.forget(SessionReference(id), in: transaction)
            try transaction.execute("DELETE FROM sessions WHERE id = $1", id)
            try accounts.record(transaction, user, "session.removed", id.rawValue, session.title)
        }
    }
}
