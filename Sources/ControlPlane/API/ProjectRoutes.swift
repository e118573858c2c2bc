import Accounts
import Credentials
import HTTPTypes
import Hummingbird
import Workspaces

/// `/api/v1/projects`. To who does not belong to a project there is no such project.
struct ProjectRoutes {
    let accounts: Accounts
    let credentials: Credentials
    let host: LocalHost

    init(_ modules: Modules) {
        accounts = modules.accounts
        credentials = modules.credentials
        host = modules.host
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.post(use: create)
        group.get(":id", use: show)
        group.patch(":id", use: change)
        group.get(":id/resolution", use: resolution)
        group.get(":id/members", use: members)
        group.post(":id/members", use: addMember)
        group.patch(":id/members/:user", use: changeMember)
        group.delete(":id/members/:user", use: removeMember)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser()
        guard request.uri.queryParameters["all"] == "true" else {
            return try .json(Listing.Projects(projects: try await accounts.projects(of: user.id).map { ProjectView($0) }))
        }
        try user.requireAdministrator("Only administrators see projects that they do not belong to.")
        return try .json(Listing.Projects(projects: try await accounts.projects().map { ProjectView($0) }))
    }

    /// The same repository twice is the same project, unless a name says otherwise.
    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let wish: NewProject = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser()
        var location = try RepositoryLocation(wish.repository)
        if wish.name == nil, wish.sandbox == nil, let known = try await accounts.project(of: location.address, for: user.id) {
            return try .json(ProjectView(known))
        }
        // git runs with what the server's own user may reach, on this disk and elsewhere.
        try user.requireAdministrator("Projects are added by administrators, who then say who works on them.")
        let found = try await host.resolve(location)
        if found.location != location {
            location = found.location
            if wish.name == nil, wish.sandbox == nil, let known = try await accounts.project(of: location.address, for: user.id) {
                return try .json(ProjectView(known, note: found.note))
            }
        }
        try await host.probe(location, sandbox: wish.sandbox ?? .bubblewrap)
        let name: String
        if let wished = wish.name {
            name = wished
        } else {
            name = try await freeName(location.suggestedName)
        }
        let project = try await accounts.addProject(
            named: name, repository: location.address, sandbox: wish.sandbox ?? .bubblewrap, by: user.id)
        return try .json(ProjectView(project, note: found.note), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(ProjectView(try await project(context)))
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await project(context, as: .owner)
        let change: ProjectChange = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser()
        try Self.check(change.sandbox, user)
        return try .json(ProjectView(try await accounts.setSandbox(change.sandbox, of: project.id.rawValue, by: user.id)))
    }

    private func resolution(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await project(context)
        return try .json(
            Listing.Resolution(
                resolution: try await credentials.explain(
                    try request.providers(), project: project.id, user: try context.requireUser().id)))
    }

    // MARK: - Members

    private func members(_ request: Request, _ context: APIContext) async throws -> Response {
        try await listing(of: try await known(context).id)
    }

    private func addMember(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await known(context)
        let wish: NewMember = try await request.json(limit: context.maxUploadSize)
        try await accounts.addMember(wish.user, as: wish.role, to: project.id, by: try context.requireUser().id)
        return try await listing(of: project.id, status: .created)
    }

    private func changeMember(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await known(context)
        let change: MemberChange = try await request.json(limit: context.maxUploadSize)
        try await accounts.setRole(
            change.role, of: try context.parameter("user"), in: project.id, by: try context.requireUser().id)
        return try await listing(of: project.id)
    }

    private func removeMember(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await known(context)
        try await accounts.removeMember(
            try context.parameter("user"), from: project.id, by: try context.requireUser().id)
        return Response(status: .noContent)
    }

    // MARK: - Parts

    private func project(_ context: APIContext, as least: ProjectRole = .viewer) async throws -> Project {
        try await accounts.project(try context.parameter("id"), for: try context.requireUser().id, as: least)
    }

    private func listing(of project: ProjectID, status: HTTPResponse.Status = .ok) async throws -> Response {
        try .json(Listing.Members(members: try await accounts.members(of: project).map(MemberView.init)), status: status)
    }

    /// A project that the one who asks belongs to; administrators know of all. What they may do with its members is judged with the act.
    private func known(_ context: APIContext) async throws -> Project {
        let user = try context.requireUser()
        let id = try context.parameter("id")
        return try await user.role == .administrator ? accounts.project(id) : accounts.project(id, for: user.id)
    }

    private static func check(_ sandbox: Project.Sandbox?, _ user: User) throws {
        guard sandbox == Project.Sandbox.none else { return }
        try user.requireAdministrator("Only an administrator can let a project's agents run without a sandbox.")
    }

    private func freeName(_ wish: String) async throws -> String {
        let taken = Set(try await accounts.projects().map(\.name))
        guard taken.contains(wish) else { return wish }
        return (2...).lazy.map { "\(wish.prefix(58))-\($0)" }.first { !taken.contains($0) } ?? wish
    }
}
