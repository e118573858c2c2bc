import Accounts
import AgentProtocol
import Settings
import Synchronization
import Workspaces

/// The progress of what is being done for each session. It is in no log: after a restart the work starts again.
final class StepBoard: Sendable {
    private let steps = Mutex<[SessionID: WorkspaceProgress]>([:])

    subscript(session: SessionID) -> WorkspaceProgress? {
        get { steps.withLock { $0[session] } }
        set { steps.withLock { $0[session] = newValue } }
    }

    /// What takes the progress of one piece of work.
    func report(for session: SessionID) -> WorkspaceProgress.Report {
        { [self] progress in steps.withLock { $0[session] = progress } }
    }
}

extension SessionEngine {
    /// What is being done for a session beside its agent: fetching its repository, say, or bringing its work out.
    public nonisolated func step(of session: SessionID) -> WorkspaceProgress? { steps[session] }

    /// How long git may take for a project's repository.
    ///
    /// - Throws: `SettingsError`; `StoreError`.
    public func fetchLimits(project: ProjectID, user: UserID) async throws -> FetchLimits {
        FetchLimits(
            whole: .seconds(try await settings.integer(.gitTimeout, project: project, user: user)),
            stall: .seconds(try await settings.integer(.gitStall, project: project, user: user)))
    }

    /// What the sessions of a project need of its mirror.
    ///
    /// - Throws: `StoreError`.
    public nonisolated func mirrorNeeds(of project: ProjectID) async throws -> MirrorNeeds {
        let stored = try await queries.sessions(of: project)
        var needs = MirrorNeeds(hasOpenSessions: !stored.unreadable.isEmpty, commits: [:])
        for session in stored.sessions {
            let state = session.state
            if !state.isSettled || state.keepsWorkspace { needs.hasOpenSessions = true }
            let results = [state.result, state.earlierResult].compactMap(\.self)
            let commits = [session.startCommit, state.workspace?.base].compactMap(\.self) + results.flatMap { [$0.base, $0.commit] }
            needs.commits[session.id] = Set(commits.filter { !$0.isEmpty }).sorted()
        }
        return needs
    }
}
