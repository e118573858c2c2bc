import Accounts
import AgentProtocol
import Store
import Workspaces

extension SessionCommands {
    /// Continues a session that is over in a new session: a new workspace that starts where the earlier work ended, with the same agent,
    /// provider, model and permissions. The agent loads its own conversation where it can, and gets a recap where it can't.
    ///
    /// - Parameters:
    ///   - task: the first prompt.
    ///   - images: the images of the first prompt.
    ///   - permissions: what the agent may do without asking; `nil` for what the earlier session's might, lowered to the ceiling. A mode
    ///     that is named and is above the ceiling is refused.
    /// - Throws: ``SessionsError`` when the earlier session is not over, or its work is not on its branch; otherwise as
    ///   ``create(project:isNew:agent:provider:task:images:ending:permissions:model:changes:continuing:by:)``.
    public func resume(
        _ earlier: Session, in project: Project, task: String, images: [PromptImage] = [], ending: SessionState.Ending,
        permissions: PermissionMode? = nil, by user: UserID
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
        if let permissions { try await check(permissions, of: earlier.agent, in: project, by: user) }
        return try await create(
            project: project, agent: earlier.agent, provider: earlier.provider, task: task, images: images, ending: ending,
            permissions: permissions ?? earlier.permissions, model: earlier.model ?? "default", continuing: earlier, by: user)
    }

    /// Salvages a workspace that was kept, again.
    ///
    /// - Throws: ``SessionsError`` when none was kept; `StoreError`.
    public func salvageAgain(_ id: SessionID, by user: UserID) async throws {
        try await changes.change(id) { [accounts] transaction in
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
}

extension Session {
    /// The commit at which its work ended; `nil` when it never had a workspace.
    var endCommit: String? {
        state.result?.commit ?? state.workspace?.base
    }
}
