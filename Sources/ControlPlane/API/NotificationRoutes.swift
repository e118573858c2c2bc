import API
import Accounts
import Hummingbird
import Store

/// `/api/v1/notifications`: the user's own.
struct NotificationRoutes {
    let accounts: Accounts

    init(_ dependencies: Dependencies) {
        accounts = dependencies.accounts
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.post("read", use: markAllRead)
        group.post(":id/read", use: markRead)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try await accounts.notifications(
            for: try context.requireUser().id, unreadOnly: request.uri.queryParameters["unread"] == "true", try request.page())
        return try .json(Listing.Notifications(notifications: page.items.map(NotificationView.init), next: page.next?.cursor))
    }

    private func markRead(_ request: Request, _ context: APIContext) async throws -> Response {
        try await accounts.markRead(
            NotificationID(rawValue: try context.parameter("id")), for: try context.requireUser().id)
        return Response(status: .noContent)
    }

    private func markAllRead(_ request: Request, _ context: APIContext) async throws -> Response {
        try await accounts.markRead(nil, for: try context.requireUser().id)
        return Response(status: .noContent)
    }
}
