import Accounts
import Credentials
import Gateway
import Hummingbird
import Store
import Vault

/// `/api/v1/credentials`, `/api/v1/resolution` and `/api/v1/vault`.
struct CredentialRoutes {
    let dependencies: Dependencies
    private var credentials: CredentialServices { dependencies.credentials }

    init(_ dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    func add(to api: RouterGroup<APIContext>) {
        api.get("resolution", use: resolution)
        api.post("vault/rotate", use: rotate)
        let group = api.group("credentials")
        group.get(use: list)
        group.put(":provider") { request, context in
            try await perform(request, context) { body in
                guard let secret = body.secret else { throw Problem(.badRequest, "“secret” is missing.") }
                return .set(NewSecret(secret.secret, label: body.label, expiresAt: body.expiresAt))
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
        let all = try await credentials.layers.list(for: try context.requireUser())
        let page = Page(of: all, try request.page()) {
            "\($0.scope.rawValue)/\($0.owner ?? "")/\($0.provider.rawValue)/\($0.id?.rawValue ?? "")"
        }
        return try .json(Listing.Credentials(credentials: page.items, next: page.next?.cursor))
    }

    /// The credentials that apply to the user outside of any project.
    private func resolution(_ request: Request, _ context: APIContext) async throws -> Response {
        let all = try await credentials.resolver.explain(try request.providers(), project: nil, user: try context.requireUser().id)
        return try .json(Explanations(all, try request.page()))
    }

    private func perform(
        _ request: Request, _ context: APIContext, _ act: (CredentialRequest) throws -> CredentialAct
    ) async throws -> Response {
        let body: CredentialRequest = try await request.json(limit: context.maxUploadSize)
        let report = try await credentials.layers.perform(
            try act(body), try await change(body.scope, body.project, body.reason, context), dryRun: body.dryRun ?? false)
        // Clears the gateway's cache, so that the change applies from the next request on.
        dependencies.metered.gateway.forget()
        return try .json(report)
    }

    private func held(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let scope = request.uri.queryParameters["scope"].flatMap({ Scope(rawValue: String($0)) }) else {
            throw Problem(.badRequest, "“scope” is project, user or platform.")
        }
        let change = try await change(scope, request.uri.queryParameters["project"].map(String.init), nil, context)
        let all = try await credentials.held.list(change.provider, at: change.owner, for: change.actor)
        let page = Page(of: all, try request.page()) { $0.session }
        return try .json(Listing.Held(held: page.items, next: page.next?.cursor))
    }

    private func recover(_ request: Request, _ context: APIContext) async throws -> Response {
        let body: RecoveryRequest = try await request.json(limit: context.maxUploadSize)
        let change = try await change(body.scope, body.project, nil, context)
        let session = body.session.map(SessionReference.init(rawValue:))
        return try .json(
            body.discard == true
                ? try await credentials.held.discard(session, change) : try await credentials.held.recover(session, change))
    }

    private func rotate(_ request: Request, _ context: APIContext) async throws -> Response {
        try .json(try await credentials.masterKeys.rotate(by: try context.requireUser()))
    }

    private func change(
        _ scope: Scope, _ project: String?, _ reason: String?, _ context: APIContext
    ) async throws -> CredentialChange {
        let user = try context.requireUser()
        return CredentialChange(
            try Provider(parsing: try context.parameter("provider")),
            at: try await dependencies.owner(scope, project: project, for: user), by: user, reason: reason)
    }
}

extension Request {
    /// The providers in the query; `nil` if there are none.
    func providers() throws -> [Provider]? {
        guard let name = uri.queryParameters["provider"] else { return nil }
        return [try Provider(parsing: String(name))]
    }
}
