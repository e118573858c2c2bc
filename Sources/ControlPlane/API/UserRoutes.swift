import API
import Accounts
import AgentProtocol
import Hummingbird
import Sessions
import Store

/// `/api/v1/users`, `/api/v1/me` and `/api/v1/audit`. All but `me` require an administrator.
struct UserRoutes {
    let accounts: Accounts

    init(_ dependencies: Dependencies) {
        accounts = dependencies.accounts
    }

    func add(to api: RouterGroup<APIContext>) {
        api.get("me") { _, context in try Response.json(UserView(try context.requireUser())) }
        api.get("audit", use: audit)
        let group = api.group("users")
        group.get(use: list)
        group.post(use: create)
        group.patch(":id", use: change)
        group.post(":id/disable", use: disable)
        group.post(":id/enable", use: enable)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try administrator(context)
        let page = try await accounts.users(try request.page()).map(UserView.init)
        return try .json(Listing.Users(users: page.items, next: page.next?.cursor))
    }

    /// Creates a user with a first token. The response is the only place where the token is shown.
    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let actor = try administrator(context)
        let body: NewUser = try await request.json(limit: context.maxUploadSize)
        let user = try await accounts.addUser(
            named: body.name, role: body.role ?? .member, by: actor.id, check: SessionQueries.checkNothingRunsBare)
        let token = try await accounts.makeToken(for: user.id, name: "first", by: actor.id)
        return try .json(CreatedUser(user: UserView(user), token: token), status: .created)
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let actor = try administrator(context)
        let change: UserChange = try await request.json(limit: context.maxUploadSize)
        return try .json(UserView(try await accounts.setRole(change.role, of: try context.parameter("id"), by: actor.id)))
    }

    private func disable(_ request: Request, _ context: APIContext) async throws -> Response {
        let actor = try administrator(context)
        return try .json(UserView(try await accounts.disable(try context.parameter("id"), by: actor.id)))
    }

    private func enable(_ request: Request, _ context: APIContext) async throws -> Response {
        let actor = try administrator(context)
        return try .json(UserView(try await accounts.enable(try context.parameter("id"), by: actor.id)))
    }

    private func audit(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try administrator(context)
        let page = try await accounts.auditTrail(try request.page()).map(AuditView.init)
        return try .json(Listing.Audit(audit: page.items, next: page.next?.cursor))
    }

    private func administrator(_ context: APIContext) throws -> User {
        let user = try context.requireUser()
        try user.requireAdministrator("This is for administrators.")
        return user
    }
}
