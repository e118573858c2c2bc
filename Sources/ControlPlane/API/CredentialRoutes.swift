import Accounts
import Credentials
import Gateway
import Hummingbird
import Store
import Vault

/// `/api/v1/credentials`, `/api/v1/resolution` and `/api/v1/vault`.
struct CredentialRoutes {
    let modules: Modules
    private var credentials: Credentials { modules.credentials }

    init(_ modules: Modules) {
        self.modules = modules
    }

    func add(to api: RouterGroup<APIContext>) {
        api.get("resolution", use: resolution)
        api.post("vault/rotate", use: rotate)
        let group = api.group("credentials")
        group.get(use: list)
        group.put(":provider") { request, context in
            try await perform(request, context) { wish in
                guard let secret = wish.secret else { throw Problem(.badRequest, "“secret” is missing.") }
                return .set(NewSecret(secret.secret, label: wish.label, expiresAt: wish.expiresAt))
            }
        }
        group.post(":provider/off") { try await perform($0, $1) { _ in .off } }
        group.post(":provider/on") { try await perform($0, $1) { _ in .on } }
        group.post(":provider/remove") { try await perform($0, $1) { _ in .remove } }
        group.post(":provider/clear") { try await perform($0, $1) { _ in .clear } }
        group.get(":provider/held", use: held)
        group.post(":provider/recover", use: recover)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let all = try await credentials.list(for: try context.requireUser())
        let page = Page(of: all, try request.page()) {
            "\($0.scope.rawValue)/\($0.owner ?? "")/\($0.provider.rawValue)/\($0.id?.rawValue ?? "")"
        }
        return try .json(Listing.Credentials(credentials: page.items, next: page.next?.cursor))
    }

    /// What applies to the one who asks outside of any project.
    private func resolution(_ request: Request, _ context: APIContext) async throws -> Response {
        let all = try await credentials.explain(try request.providers(), project: nil, user: try context.requireUser().id)
        return try .json(Listing.Resolution(all, try request.page()))
    }

    private func perform(
        _ request: Request, _ context: APIContext, _ act: (CredentialWish) throws -> CredentialAct
    ) async throws -> Response {
        let wish: CredentialWish = try await request.json(limit: context.maxUploadSize)
        let report = try await credentials.perform(
            try act(wish), try await change(wish.scope, wish.project, wish.reason, context), dryRun: wish.dryRun ?? false)
        // What was set or turned off holds from the next request on.
        modules.metered.gateway.forget()
        return try .json(report)
    }

    private func held(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let scope = request.uri.queryParameters["scope"].flatMap({ Scope(rawValue: String($0)) }) else {
            throw Problem(.badRequest, "“scope” is project, user or platform.")
        }
        let change = try await change(scope, request.uri.queryParameters["project"].map(String.init), nil, context)
        let all = try await credentials.held(change.provider, at: change.owner, for: change.actor)
        let page = Page(of: all, try request.page()) { $0.session }
        return try .json(Listing.Held(held: page.items, next: page.next?.cursor))
    }

    private func recover(_ request: Request, _ context: APIContext) async throws -> Response {
        let wish: RecoveryWish = try await request.json(limit: context.maxUploadSize)
        let change = try await change(wish.scope, wish.project, nil, context)
        let session = wish.session.map(SessionReference.init(rawValue:))
        return try .json(
            wish.discard == true
                ? try await credentials.discard(session, change) : try await credentials.recover(session, change))
    }

    private func rotate(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(try await credentials.rotateMasterKey(by: try context.requireUser()))
    }

    private func change(
        _ scope: Scope, _ project: String?, _ reason: String?, _ context: APIContext
    ) async throws -> CredentialChange {
        let user = try context.requireUser()
        return CredentialChange(
            try Provider(parsing: try context.parameter("provider")),
            at: try await modules.owner(scope, project: project, for: user), by: user, reason: reason)
    }
}

extension Request {
    /// The providers that a query names; `nil` when it names none.
    func providers() throws -> [Provider]? {
        guard let name = uri.queryParameters["provider"] else { return nil }
        return [try Provider(parsing: String(name))]
    }
}
