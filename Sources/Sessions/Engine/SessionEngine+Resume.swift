import Accounts
import AgentProtocol
import Store
import Workspaces

extension SessionEngine {
    /// Goes on with a session that is over, in a new one: a new workspace that starts where its work ended, with the same agent,
    /// provider, model and permissions. The agent loads its own memory of it where it can, and is told what happened where it can't.
    ///
    /// - Parameters:
    ///   - task: what to do now.
    ///   - images: what goes with it.
    /// - Throws: ``SessionsError`` when it is not over, or its work is not on its branch; as ``create(project:agent:provider:task:images:ending:permissions:model:continuing:by:)``.
    public func resume(
        _ earlier: Session, in project: Project, task: String, images: [PromptImage] = [], ending: SessionState.Ending, by user: UserID
    ) async throws -> Session {
        guard earlier.state.isSettled else {
            throw SessionsError(
                .wrongState,
                "Session \(earlier.id.rawValue) is \(earlier.state.phase.rawValue). Write to it with: sam sessions prompt \(earlier.id.rawValue)"
            )
        }
        if case .failed = earlier.state.salvage {
            throw SessionsError(
                .wrongState,
                "The work of session \(earlier.id.rawValue) could not be taken out of its workspace, so no other can start from it.")
        }
        return try await create(
            project: project, agent: earlier.agent, provider: earlier.provider, task: task, images: images, ending: ending,
            permissions: earlier.permissions, model: earlier.model ?? "default", continuing: earlier, by: user)
    }

    /// Tries again to bring work out of a workspace that was kept.
    ///
    /// - Throws: ``SessionsError`` when none was kept; `StoreError`.
    public func salvageAgain(_ id: SessionID, by user: UserID) async throws {
        try await change(id) { [accounts] transaction in
            let state = try SessionStore.state(id, transaction)
            guard state.isSettled else {
                throw SessionsError(.wrongState, "The work of session \(id.rawValue) is not brought out yet. Try again once it is.")
            }
            guard state.keepsWorkspace else {
                throw SessionsError(
                    .wrongState, "No workspace of session \(id.rawValue) is kept, so there is nothing to bring out of it.")
            }
            try accounts.record(transaction, user, "session.salvaged", id.rawValue, "")
            return [.salvageRequested]
        }
    }

    /// What a session's agent is told of the one that it goes on with; `nil` for one that begins by itself, or whose beginning is
    /// forgotten.
    func earlier(of session: Session) async throws -> Conversation.Earlier? {
        guard let id = session.continues, let earlier = try? await queries.session(id) else { return nil }
        let events = try await queries.talk(of: id, limit: 2_000)
        return Conversation.Earlier(
            conversation: earlier.signInFile == nil ? earlier.state.conversation : nil,
            recap: Recap.text(of: events, task: earlier.title))
    }
}

extension Session {
    /// The commit at which its work ended; `nil` when it never had a workspace.
    var endCommit: String? {
        state.result?.commit ?? state.workspace?.base
    }
}
