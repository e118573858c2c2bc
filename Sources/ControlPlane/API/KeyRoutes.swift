import API
import Accounts
import Credentials
import Gateway
import Hummingbird
import Store

/// `/api/v1/keys`: gateway keys for a person's own tools.
struct KeyRoutes {
    let accounts: Accounts
    let leases: Leases
    /// The server's URL.
    let address: @Sendable () -> String?
    let gateway: Gateway

    init(_ dependencies: Dependencies, address: @escaping @Sendable () -> String?) {
        accounts = dependencies.accounts
        gateway = dependencies.metered.gateway
        leases = gateway.leases
        self.address = address
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.post(use: create)
        group.delete(":id", use: revoke)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser().id
        let projects = try await accounts.projects(of: user)
        let page = try await leases.keys(of: user, try request.page())
        let keys = page.items.map { key in KeyView(key, project: projects.first { $0.id == key.project }?.name) }
        return try .json(Listing.Keys(keys: keys, next: page.next?.cursor))
    }

    /// Creates a key. The response is the only place where its token is shown.
    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser()
        let body: NewKey = try await request.json(limit: context.maxUploadSize)
        let provider = try body.provider.map { try Provider(parsing: $0) }
        var project: Project?
        if let name = body.project { project = try await accounts.project(name, for: user.id, as: .member) }
        let (key, token) = try await leases.makeKey(named: body.name, project: project?.id, provider: provider, for: user)
        return try .json(
            CreatedKey(key: KeyView(key, project: project?.name), token: token.text, gateway: (address() ?? "") + "/gateway"),
            status: .created)
    }

    private func revoke(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await leases.revokeKey(try context.parameter("id"), by: try context.requireUser())
        gateway.forget()
        return Response(status: .noContent)
    }
}
