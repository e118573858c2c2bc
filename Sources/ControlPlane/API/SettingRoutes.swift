import Accounts
import AgentCatalogue
import Hummingbird
import Sessions
import Settings
import Store

/// `/api/v1/settings`.
struct SettingRoutes {
    let modules: Modules
    private var settings: Settings { modules.settings }

    init(_ modules: Modules) {
        self.modules = modules
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
        group.get(":key", use: explain)
        group.put(":key") { request, context in
            try await change(request, context) { setting, wish, owner, user in
                guard let value = wish.value else { throw Problem(.badRequest, "“value” is missing.") }
                try await settings.set(setting, to: value, at: owner, by: user)
            }
        }
        group.post(":key/off") { request, context in
            try await change(request, context) { setting, wish, owner, user in
                try await settings.turnOff(setting, at: owner, reason: wish.reason, by: user)
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

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser().id
        var wanted = Setting.all
        var project: ProjectID?
        if let name = request.project { project = try await modules.accounts.project(name, for: user).id }
        // Those of one agent's own are many; only what somebody said something about is worth a line.
        for setting in modules.catalogue.current.agents.flatMap({ Setting.ofAgent($0.id) })
        where try await settings.isConfigured(setting, project: project, user: user) { wanted.append(setting) }
        let page = Page(of: wanted, try request.page()) { $0.key }
        var listing = try await listing(page.items, project: request.project, user: user)
        listing.next = page.next?.cursor
        return try .json(listing)
    }

    private func explain(_ request: Request, _ context: APIContext) async throws -> Response {
        let setting = try Setting.named(try context.parameter("key"))
        return try .json(try await listing([setting], project: request.project, user: try context.requireUser().id))
    }

    private func listing(_ wanted: [Setting], project: String?, user: UserID) async throws -> Listing.Settings {
        var id: ProjectID?
        if let project { id = try await modules.accounts.project(project, for: user).id }
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
        let wish: SettingChange = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser()
        let owner = try await modules.owner(wish.scope, project: wish.project, for: user)
        let setting = try Setting.named(try context.parameter("key"))
        // What is shown afterwards is for this project; one that is none of theirs refuses the change as well.
        if let project = wish.project { _ = try await modules.accounts.project(project, for: user.id) }
        try await act(setting, wish, owner, user.id)
        if setting.boundsPermissions { try await modules.engine.permissionsChanged() }
        return try .json(try await listing([setting], project: wish.project, user: user.id))
    }
}

extension Request {
    /// The project that a query names.
    fileprivate var project: String? { uri.queryParameters["project"].map(String.init) }
}
