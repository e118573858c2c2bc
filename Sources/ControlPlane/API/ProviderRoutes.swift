import API
import Accounts
import Credentials
import Gateway
import Hummingbird
import Metering
import Store

/// `/api/v1/providers`: the providers' addresses.
struct ProviderRoutes {
    let endpoints: ProviderEndpoints
    let gateway: Gateway

    init(_ dependencies: Dependencies) {
        gateway = dependencies.metered.gateway
        endpoints = gateway.endpoints
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.put(":provider", use: set)
        group.delete(":provider", use: remove)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let reader = try context.requireUser()
        let all = try await endpoints.list().map { ProviderView($0, for: reader) }
        let page = Page(of: all, try request.page()) { $0.id }
        return try .json(Listing.Providers(providers: page.items, next: page.next?.cursor))
    }

    private func set(_ request: Request, _ context: APIContext) async throws -> Response {
        let provider = try Provider(parsing: try context.parameter("provider"))
        let body: ProviderAddress = try await request.json(limit: context.maxUploadSize)
        if body.format != nil, !provider.isCustom {
            throw Problem(.badRequest, "\(provider.rawValue) speaks its own format. Only a custom endpoint is told one.")
        }
        let endpoint = try ProviderEndpoint(
            provider, url: body.url, dialect: body.format ?? ProviderEndpoints.dialect(of: provider), tokenURL: body.tokenUrl,
            allowsPrivate: body.allowPrivate ?? false)
        try await endpoints.set(endpoint, by: try context.requireUser())
        gateway.forget()
        return try await list(request, context)
    }

    private func remove(_ request: Request, _ context: APIContext) async throws -> Response {
        try await endpoints.remove(try Provider(parsing: try context.parameter("provider")), by: try context.requireUser())
        gateway.forget()
        return try await list(request, context)
    }
}
