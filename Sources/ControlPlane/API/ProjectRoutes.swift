import Accounts
import Hummingbird
import Workspaces

/// `/api/v1/projects`.
struct ProjectRoutes {
    let accounts: Accounts
    let host: LocalHost

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.post(use: create)
        group.get(":id", use: show)
        group.patch(":id", use: change)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(Listing.Projects(projects: try await accounts.projects().map(ProjectView.init)))
    }

    /// The same repository twice is the same project, unless a name says otherwise.
    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let wish: NewProject = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser()
        let location = try RepositoryLocation(wish.repository)
        if wish.name == nil, wish.sandbox == nil, let known = try await accounts.project(of: location.address, for: user.id) {
            return try .json(ProjectView(known))
        }
        try await host.probe(location)
        let name: String
        if let wished = wish.name {
            name = wished
        } else {
            name = try await freeName(location.suggestedName)
        }
        let project = try await accounts.addProject(
            named: name, repository: location.address, sandbox: wish.sandbox ?? .bubblewrap, by: user.id)
        return try .json(ProjectView(project), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(ProjectView(try await accounts.project(try context.parameters.require("id"))))
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let change: ProjectChange = try await request.json(limit: context.maxUploadSize)
        let project = try await accounts.setSandbox(
            change.sandbox, of: try context.parameters.require("id"), by: try context.requireUser().id)
        return try .json(ProjectView(project))
    }

    private func freeName(_ wish: String) async throws -> String {
        let taken = Set(try await accounts.projects().map(\.name))
        guard taken.contains(wish) else { return wish }
        return (2...).lazy.map { "\(wish.prefix(58))-\($0)" }.first { !taken.contains($0) } ?? wish
    }
}
