import API
import Accounts
import Hummingbird
import Store

/// `/api/v1/tokens`: the user's own.
struct TokenRoutes {
    let accounts: Accounts

    init(_ dependencies: Dependencies) {
        accounts = dependencies.accounts
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.post(use: create)
        group.delete(":id", use: revoke)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try await accounts.tokens(of: try context.requireUser().id, try request.page()).map(TokenView.init)
        return try .json(Listing.Tokens(tokens: page.items, next: page.next?.cursor))
    }

    /// Creates a token. The response is the only place where it is shown.
    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser()
        let body: NewToken = try await request.json(limit: context.maxUploadSize)
        var holder = user.id
        if let other = body.user {
            try user.requireAdministrator("Only an administrator makes tokens for others.")
            holder = try await accounts.user(other).id
        }
        return try .json(CreatedToken(token: try await accounts.makeToken(for: holder, name: body.name, by: user.id)), status: .created)
    }

    private func revoke(_ request: Request, _ context: APIContext) async throws -> Response {
        try await accounts.revokeToken(try context.parameter("id"), by: try context.requireUser())
        return Response(status: .noContent)
    }
}
