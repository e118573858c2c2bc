import Accounts
import AgentProtocol
import Hummingbird
import Sessions

/// `/api/v1/users`, `/api/v1/me` and `/api/v1/audit`. All but `me` are for administrators.
struct UserRoutes {
    let accounts: Accounts
    let engine: SessionEngine

    init(_ modules: Modules) {
        accounts = modules.accounts
        engine = modules.engine
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
        return try .json(Listing.Users(users: try await accounts.users().map(UserView.init)))
    }

    /// A new user with a first token, which is shown this once.
    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let actor = try administrator(context)
        let wish: NewUser = try await request.json(limit: context.maxUploadSize)
        let unsettled = try await engine.queries.unsettled()
        // An agent whose session can't be read may be at work all the same.
        let bare =
            unsettled.sessions.filter { $0.sandbox == .none }.map(\.id.rawValue)
            + unsettled.unreadable.filter { $0.sandbox != Project.Sandbox.bubblewrap.rawValue }.map(\.id.rawValue)
        guard bare.isEmpty else {
            throw Problem(
                .conflict,
                "Agents without a sandbox could read another user's keys. First end these sessions: \(bare.joined(separator: ", ")).")
        }
        let user = try await accounts.addUser(named: wish.name, role: wish.role ?? .member, by: actor.id)
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
        let limit = min(max(request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 100, 1), 1_000)
        return try .json(Listing.Audit(audit: try await accounts.auditTrail(limit: limit).map(AuditView.init)))
    }

    private func administrator(_ context: APIContext) throws -> User {
        let user = try context.requireUser()
        try user.requireAdministrator("This is for administrators.")
        return user
    }
}
