import Accounts
import Credentials
import HTTPTypes
import Hummingbird
import Sessions
import Store

/// `/api/v1/projects`. A project does not exist for users who do not belong to it.
struct ProjectRoutes {
    let accounts: Accounts
    let resolver: CredentialResolver
    let removals: ProjectRemovals
    private let source: ProjectSource

    init(_ dependencies: Dependencies) {
        removals = dependencies.sessions.projects
        source = ProjectSource(dependencies)
        accounts = dependencies.accounts
        resolver = dependencies.credentials.resolver
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.post(use: create)
        group.get(":id", use: show)
        group.patch(":id", use: change)
        group.delete(":id", use: remove)
        group.get(":id/removal", use: removal)
        group.get(":id/resolution", use: resolution)
        group.get(":id/members", use: members)
        group.post(":id/members", use: addMember)
        group.patch(":id/members/:user", use: changeMember)
        group.delete(":id/members/:user", use: removeMember)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser()
        let page: Page<Project>
        if request.uri.queryParameters["all"] == "true" {
            try user.requireAdministrator("Only administrators see projects that they do not belong to.")
            page = try await accounts.projects(try request.page())
        } else {
            page = try await accounts.projects(of: user.id, try request.page())
        }
        return try .json(Listing.Projects(projects: page.items.map { ProjectView($0) }, next: page.next?.cursor))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body: NewProject = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser()
        let found = try await source.find(body, for: user)
        guard found.isNew else { return try .json(ProjectView(found.project, note: found.note)) }
        let project = try await accounts.addProject(found.project, by: user.id)
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

    /// Lists everything that the removal would delete.
    private func removal(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(try await removals.removal(of: try await owned(context)))
    }

    private func remove(_ request: Request, _ context: APIContext) async throws -> Response {
        let force = request.uri.queryParameters["force"] == "true"
        let project = try await owned(context)
        return try .json(try await removals.remove(project, evenUnlanded: force, by: try context.requireUser().id))
    }

    private func resolution(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await project(context)
        let all = try await resolver.explain(
            try request.providers(), project: project.id, user: try context.requireUser().id)
        return try .json(Explanations(all, try request.page()))
    }

    // MARK: - Members

    private func members(_ request: Request, _ context: APIContext) async throws -> Response {
        try await listing(of: try await known(context).id, request)
    }

    private func addMember(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await known(context)
        let body: NewMember = try await request.json(limit: context.maxUploadSize)
        try await accounts.addMember(body.user, as: body.role, to: project.id, by: try context.requireUser().id)
        return try await listing(of: project.id, request, status: .created)
    }

    private func changeMember(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await known(context)
        let change: MemberChange = try await request.json(limit: context.maxUploadSize)
        try await accounts.setRole(
            change.role, of: try context.parameter("user"), in: project.id, by: try context.requireUser().id)
        return try await listing(of: project.id, request)
    }

    private func removeMember(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await known(context)
        try await accounts.removeMember(
            try context.parameter("user"), from: project.id, by: try context.requireUser().id)
        return Response(status: .noContent)
    }

    // MARK: - Helpers

    private func project(_ context: APIContext, as least: ProjectRole = .viewer) async throws -> Project {
        try await accounts.project(try context.parameter("id"), for: try context.requireUser().id, as: least)
    }

    private func listing(of project: ProjectID, _ request: Request, status: HTTPResponse.Status = .ok) async throws -> Response {
        let page = try await accounts.members(of: project, try request.page())
        return try .json(Listing.Members(members: page.items.map(MemberView.init), next: page.next?.cursor), status: status)
    }

    /// A project that the user belongs to, or any for administrators. Rights to manage its members are checked by `Accounts`.
    private func known(_ context: APIContext) async throws -> Project {
        let user = try context.requireUser()
        let id = try context.parameter("id")
        return try await user.role == .administrator ? accounts.project(id) : accounts.project(id, for: user.id)
    }

    /// A project that the user may remove: an owner's, or any for administrators.
    private func owned(_ context: APIContext) async throws -> Project {
        let user = try context.requireUser()
        let id = try context.parameter("id")
        return try await user.role == .administrator ? accounts.project(id) : accounts.project(id, for: user.id, as: .owner)
    }

    private static func check(_ sandbox: Project.Sandbox?, _ user: User) throws {
        guard sandbox == Project.Sandbox.none else { return }
        try user.requireAdministrator("Only an administrator can let a project's agents run without a sandbox.")
    }
}
