import Accounts
import AgentProtocol
import Foundation
import Gateway
import Hummingbird
import Metering
import Sessions
import Store

/// `/api/v1/usage` and `/api/v1/budgets`: usage and its limits.
struct UsageRoutes {
    let dependencies: Dependencies
    private var budgets: Budgets { dependencies.metered.budgets }

    init(_ dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get("usage", use: report)
        group.get("budgets", use: list)
        group.get("budgets/:period", use: explain)
        group.put("budgets/:period") { request, context in
            try await change(request, context) { period, body, owner, user in
                guard let limit = body.limit else { throw Problem(.badRequest, "“limit” is missing.") }
                let mode = try body.mode.map { name in
                    guard let mode = BudgetMode(rawValue: name) else {
                        throw Problem(.badRequest, "A budget's mode is strict or typical, not “\(name.prefix(40))”.")
                    }
                    return mode
                }
                try await budgets.set(try Money(parsing: limit), mode: mode, per: period, at: owner, by: user)
            }
        }
        group.post("budgets/:period/off") { request, context in
            try await change(request, context) { period, body, owner, user in
                try await budgets.turn(on: false, period, at: owner, reason: body.reason, by: user)
            }
        }
        group.post("budgets/:period/on") { request, context in
            try await change(request, context) { period, _, owner, user in
                try await budgets.turn(on: true, period, at: owner, reason: nil, by: user)
            }
        }
        group.post("budgets/:period/clear") { request, context in
            try await change(request, context) { period, _, owner, user in
                try await budgets.clear(period, at: owner, by: user)
            }
        }
    }

    private func report(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser()
        let query = request.uri.queryParameters
        let by = query["by"].map(String.init) ?? UsageGrouping.model.rawValue
        guard let grouping = UsageGrouping(rawValue: by) else {
            let known = UsageGrouping.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.badRequest, "Usage is told by \(known); not by “\(by.prefix(40))”.")
        }
        let since = try await budgets.start(of: try UsageSince(since: query["since"], days: query["days"]))
        var project: ProjectID?
        if let name = query["project"].map(String.init) { project = try await dependencies.accounts.project(name, for: user.id).id }
        let session = query["session"].map(String.init)
        if let session {
            let id = SessionID(rawValue: session)
            let project = try await dependencies.sessions.queries.project(of: id)
            let projects = try await dependencies.accounts.projects(of: user.id)
            let isTheirs = user.role == .administrator || projects.contains { $0.id == project }
            guard isTheirs else { throw SessionsError.unknown(id) }
        }
        // Days and months may go by different zones until the month ends.
        let days = try await budgets.start(of: .current(.day)).timeZone
        let lines = try await dependencies.metered.ledger.report(
            UsageQuery(by: grouping, since: since.time, project: project, session: session), for: user)
        let page = Page(of: lines, try request.page()) { $0.name }
        return try .json(
            Listing.Usage(
                usage: page.items, since: since.time, sinceText: since.text, timeZone: grouping == .day ? days : since.timeZone,
                next: page.next?.cursor))
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        await dependencies.metered.ledger.flush()
        let all = try await budgets.list(for: try context.requireUser())
        let page = Page(of: all, try request.page()) { "\($0.scope.rawValue)/\($0.owner ?? "")/\($0.period.rawValue)" }
        return try .json(Listing.Budgets(budgets: page.items, next: page.next?.cursor))
    }

    private func explain(_ request: Request, _ context: APIContext) async throws -> Response {
        let period = try period(context)
        let user = try context.requireUser()
        var project: Project?
        if let name = request.uri.queryParameters["project"].map(String.init) {
            project = try await dependencies.accounts.project(name, for: user.id)
        }
        await dependencies.metered.ledger.flush()
        let budgets = try await budgets.list(for: user).filter {
            $0.period == period && ($0.scope != .project || $0.owner == project?.name)
        }
        return try .json(Explanations([BudgetExplanation(period, budgets, inProject: project != nil)]))
    }

    private func period(_ context: APIContext) throws -> Period {
        let name = try context.parameter("period")
        guard let period = Period(rawValue: name) else {
            throw Problem(.notFound, "A budget is for a day or a month, not for “\(name.prefix(40))”.")
        }
        return period
    }

    private func change(
        _ request: Request, _ context: APIContext, _ act: (Period, BudgetChange, ScopeOwner, User) async throws -> Void
    ) async throws -> Response {
        let period = try period(context)
        let body: BudgetChange = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser()
        let owner = try await dependencies.owner(body.scope, project: body.project, for: user)
        try await act(period, body, owner, user)
        dependencies.metered.gateway.forget()
        return try await list(request, context)
    }
}
