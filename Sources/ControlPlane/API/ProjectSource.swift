import Accounts
import Hummingbird
import Workspaces

/// Finds the project of a repository, or drafts a new one.
struct ProjectSource: Sendable {
    private let accounts: Accounts
    private let repositories: any RepositoryFinder

    init(_ dependencies: Dependencies) {
        accounts = dependencies.accounts
        repositories = dependencies.host
    }

    /// A project that was found or drafted.
    struct Found {
        var project: Project
        /// Whether it is a draft, which is not stored yet.
        var isNew: Bool
        /// How the repository was found, for people.
        var note: String?
        /// What is checked out in the linked worktree that was named.
        var worktree: WorktreeHead?
    }

    /// Finds the project or drafts one. Nothing is stored; all checks that can refuse it run here.
    ///
    /// The same repository gives the same project, unless the request has a name or a sandbox.
    ///
    /// - Throws: `WorkspaceError` if there is no such repository; `AccountsError` if the user may not add a project; `StoreError`.
    func find(_ body: NewProject, for user: User) async throws -> Found {
        var location = try RepositoryLocation(body.repository).top
        if body.name == nil, body.sandbox == nil, let known = try await accounts.project(of: location.address, for: user.id) {
            return Found(project: known, isNew: false)
        }
        // git runs with the rights of the server's own user, on this disk and on the network.
        try user.requireAdministrator("Projects are added by administrators, who then say who works on them.")
        let resolved = try await repositories.resolve(location)
        if resolved.location != location {
            location = resolved.location
            if body.name == nil, body.sandbox == nil, let known = try await accounts.project(of: location.address, for: user.id) {
                return Found(project: known, isNew: false, note: resolved.note, worktree: resolved.worktree)
            }
        }
        if body.name == nil, let other = try await accounts.anyProject(of: location.address) {
            let isMember = try await accounts.projects(of: user.id).contains { $0.id == other.id }
            throw Problem(.conflict, Self.known(other, to: user, isMember: isMember, sandbox: body.sandbox))
        }
        let sandbox = body.sandbox ?? .bubblewrap
        try await repositories.probe(location, sandbox: sandbox)
        let name: String
        if let given = body.name {
            name = given
        } else {
            name = try await freeName(location.suggestedName ?? ProjectName("project"))
        }
        return Found(
            project: try accounts.draft(named: name, repository: location.address, sandbox: sandbox), isNew: true, note: resolved.note,
            worktree: resolved.worktree)
    }

    /// Says that a repository has a project already, and what can be done. A second one is made only under a name that is given.
    ///
    /// - Parameter isMember: whether the user belongs to it.
    private static func known(_ project: Project, to user: User, isMember: Bool, sandbox: Project.Sandbox?) -> String {
        let second = "For a second project of this repository, give it a name: sam projects add … --name NAME"
        let name = project.name
        guard isMember else {
            return """
                Project \(name) has this repository, and you do not belong to it. To join it: \
                sam projects members add \(name) \(user.name). \(second)
                """
        }
        guard let sandbox else {
            return """
                Project \(name) has this repository, and you only read in it. One who owns it gives you more: \
                sam projects members role \(name) \(user.name) member. \(second)
                """
        }
        return """
            Project \(name) has this repository already. To change its sandbox: sam projects sandbox \(name) \(sandbox.rawValue). \(second)
            """
    }

    /// The name, or with the first free number behind it.
    private func freeName(_ preferred: ProjectName) async throws -> String {
        let taken = Set(try await accounts.projects().map(\.name))
        guard taken.contains(preferred.text) else { return preferred.text }
        return (2...).lazy.map { preferred.appending("-\($0)") }.first { !taken.contains($0) } ?? preferred.text
    }
}
