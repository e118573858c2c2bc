import Accounts
import Hummingbird
import Workspaces

/// The project of a repository: one that is there, or one that would be added.
struct ProjectSource: Sendable {
    private let accounts: Accounts
    private let host: LocalHost

    init(_ modules: Modules) {
        accounts = modules.accounts
        host = modules.host
    }

    /// Looks for the project, or drafts one. Nothing is stored: everything that can be refused is refused before.
    ///
    /// The same repository twice is the same project, unless a name says otherwise.
    ///
    /// - Throws: `WorkspaceError` when there is no such repository; `AccountsError` for who may not add one; `StoreError`.
    func find(_ wish: NewProject, for user: User) async throws -> (project: Project, isNew: Bool, note: String?) {
        var location = try RepositoryLocation(wish.repository).top
        if wish.name == nil, wish.sandbox == nil, let known = try await accounts.project(of: location.address, for: user.id) {
            return (known, false, nil)
        }
        // git runs with what the server's own user may reach, on this disk and elsewhere.
        try user.requireAdministrator("Projects are added by administrators, who then say who works on them.")
        let resolved = try await host.resolve(location)
        if resolved.location != location {
            location = resolved.location
            if wish.name == nil, wish.sandbox == nil, let known = try await accounts.project(of: location.address, for: user.id) {
                return (known, false, resolved.note)
            }
        }
        let sandbox = wish.sandbox ?? .bubblewrap
        try await host.probe(location, sandbox: sandbox)
        let name: String
        if let wished = wish.name {
            name = wished
        } else {
            name = try await freeName(location.suggestedName)
        }
        return (try accounts.draft(named: name, repository: location.address, sandbox: sandbox), true, resolved.note)
    }

    private func freeName(_ wish: String) async throws -> String {
        let taken = Set(try await accounts.projects().map(\.name))
        guard taken.contains(wish) else { return wish }
        return (2...).lazy.map { "\(wish.prefix(58))-\($0)" }.first { !taken.contains($0) } ?? wish
    }
}
