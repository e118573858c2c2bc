import Accounts
import AgentProtocol
import Workspaces

extension SessionQueries {
    /// What the sessions of a project need of its mirror.
    ///
    /// - Throws: `StoreError`.
    public func mirrorNeeds(of project: ProjectID) async throws -> MirrorNeeds {
        let stored = try await sessions(of: project)
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
