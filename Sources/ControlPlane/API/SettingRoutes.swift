import Accounts
import AgentCatalogue
import Hummingbird
import Sessions
import Settings
import Store

/// `/api/v1/settings`.
struct SettingRoutes {
    let dependencies: Dependencies
    private var settings: Settings { dependencies.settings }

    init(_ dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.get(":key", use: explain)
        group.put(":key") { request, context in
            try await change(request, context) { setting, body, owner, user in
                guard let value = body.value else { throw Problem(.badRequest, "“value” is missing.") }
                try check(value, for: setting)
                try await settings.set(setting, to: value, at: owner, by: user)
            }
        }
        group.post(":key/off") { request, context in
            try await change(request, context) { setting, body, owner, user in
                try await settings.turnOff(setting, at: owner, reason: body.reason, by: user)
            }
        }
        group.post(":key/on") { request, context in
            try await change(request, context) { setting, _, owner, user in
                try await settings.turnOn(setting, at: owner, by: user)
            }
        }
        group.post(":key/clear") { request, context in
            try await change(request, context) { setting, _, owner, user in
                try await settings.clear(setting, at: owner, by: user)
            }
        }
    }

    /// Refuses what no session of the agent could start with. It can be turned off and cleared all the same.
    private func check(_ value: String, for setting: Setting) throws {
        guard let id = setting.agent else { return }
        let agents = dependencies.catalogue.current
        guard let agent = agents.agent(id) else {
            throw Problem(
                .badRequest,
                "There is no agent “\(id)”.\(Nearest.hint(for: id, among: agents.agents.map(\.id))) They are listed by: sam agents")
        }
        guard setting.key == Setting.model(of: id).key, ["fast", "strong"].contains(value) else { return }
        guard !agent.providers.contains(where: { agent.model(value, with: $0) != nil }) else { return }
        throw Problem(
            .badRequest,
            agent.providers.isEmpty
                ? "\(agent.name) works without a model, so it has no \(value) one."
                : "\(agent.name) has no \(value) model with any of its providers. Name one, or say default.")
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser().id
        var wanted = Setting.all
        var project: ProjectID?
        if let name = request.project { project = try await dependencies.accounts.project(name, for: user).id }
        // The settings of single agents are many, so only configured ones are listed.
        for setting in dependencies.catalogue.current.agents.flatMap({ Setting.ofAgent($0.id) })
        where try await settings.isConfigured(setting, project: project, user: user) { wanted.append(setting) }
        let page = Page(of: wanted, try request.page()) { $0.key }
        var listing = try await listing(page.items, project: request.project, user: user)
        listing.next = page.next?.cursor
        return try .json(listing)
    }

    private func explain(_ request: Request, _ context: APIContext) async throws -> Response {
        let setting = try Setting.named(try context.parameter("key"))
        let listing = try await listing([setting], project: request.project, user: try context.requireUser().id)
        return try .json(Explanations(listing.settings))
    }

    private func listing(_ wanted: [Setting], project: String?, user: UserID) async throws -> Listing.Settings {
        var id: ProjectID?
        if let project { id = try await dependencies.accounts.project(project, for: user).id }
        var views: [SettingExplanation] = []
        for setting in wanted {
            views.append(try await settings.explain(setting, project: id, user: user))
        }
        return Listing.Settings(settings: views)
    }

    private func change(
        _ request: Request, _ context: APIContext,
        _ act: (Setting, SettingChange, ScopeOwner, UserID) async throws -> Void
    ) async throws -> Response {
        let body: SettingChange = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser()
        let owner = try await dependencies.owner(body.scope, project: body.project, for: user)
        let setting = try Setting.named(try context.parameter("key"))
        // The response shows this project's settings, so the user must belong to it.
        if let project = body.project { _ = try await dependencies.accounts.project(project, for: user.id) }
        try await act(setting, body, owner, user.id)
        if setting.boundsPermissions { try await dependencies.sessions.permissions.apply() }
        return try .json(try await listing([setting], project: body.project, user: user.id))
    }
}

extension Request {
    /// The project in the query.
    fileprivate var project: String? { uri.queryParameters["project"].map(String.init) }
}
