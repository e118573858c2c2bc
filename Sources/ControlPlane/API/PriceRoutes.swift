import API
import Accounts
import Gateway
import Hummingbird
import Metering
import Store

/// `/api/v1/prices` and `/api/v1/projects/{id}/prices`: what models cost, and what projects say that they cost.
struct PriceRoutes {
    private let dependencies: Dependencies
    private var book: ProjectPriceBook { dependencies.metered.prices }

    init(_ dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get("prices", use: list)
        group.put("projects/:id/prices", use: set)
        group.delete("projects/:id/prices", use: remove)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser()
        let query = request.uri.queryParameters
        var project: ProjectID?
        if let name = query["project"].map(String.init) { project = try await dependencies.accounts.project(name, for: user.id).id }
        return try await listing(project, search: query["search"].map(String.init), request)
    }

    private func set(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await owned(context)
        let body: PriceChange = try await request.json(limit: context.maxUploadSize)
        try await book.set(try body.rates(), of: body.model, in: project, by: try context.requireUser())
        dependencies.metered.gateway.forget()
        return try await listing(project, search: body.model, request)
    }

    private func remove(_ request: Request, _ context: APIContext) async throws -> Response {
        let project = try await owned(context)
        guard let model = request.uri.queryParameters["model"].map(String.init) else {
            throw Problem(.badRequest, "“model” is missing.")
        }
        try await book.remove(model, from: project, by: try context.requireUser())
        dependencies.metered.gateway.forget()
        return Response(status: .noContent)
    }

    /// First the project's own prices, then those of the file in SAM's home, then the list's.
    private func listing(_ project: ProjectID?, search: String?, _ request: Request) async throws -> Response {
        var own: [ProjectPriceBook.Entry] = []
        if let project { own = try await book.list(of: project) }
        let listed = dependencies.metered.ledger.prices.entries.sorted { $0.isOwn && !$1.isOwn }
        let wanted = search?.lowercased() ?? ""
        let all = (own.map(PriceView.init) + listed.map(PriceView.init)).filter { wanted.isEmpty || $0.model.contains(wanted) }
        let page = Page(of: all, try request.page()) { "\($0.from.rawValue)/\($0.maker ?? "")/\($0.model)" }
        return try .json(Listing.Prices(prices: page.items, next: page.next?.cursor))
    }

    private func owned(_ context: APIContext) async throws -> ProjectID {
        try await dependencies.accounts.project(try context.parameter("id"), for: try context.requireUser().id, as: .owner).id
    }
}
