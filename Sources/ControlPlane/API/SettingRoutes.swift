import Accounts
import Hummingbird
import Settings

/// `/api/v1/settings`.
struct SettingRoutes {
    let settings: Settings
    let accounts: Accounts

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
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
        let project = request.uri.queryParameters["project"].map(String.init)
        return try .json(try await listing(project: project, user: try context.requireUser().id))
    }

    private func listing(project: String?, user: UserID) async throws -> Listing.Settings {
        var id: ProjectID?
        if let project { id = try await accounts.project(project).id }
        var views: [SettingView] = []
        for setting in Setting.all {
            views.append(SettingView(setting, try await settings.resolve(setting, project: id, user: user)))
        }
        return Listing.Settings(settings: views)
    }

    private func change(
        _ request: Request, _ context: APIContext,
        _ act: (Setting, SettingChange, ScopeOwner, UserID) async throws -> Void
    ) async throws -> Response {
        let wish: SettingChange = try await request.json(limit: context.maxUploadSize)
        let user = try context.requireUser().id
        let owner: ScopeOwner
        switch wish.scope {
        case .platform: owner = .platform
        case .user: owner = .user(user)
        case .project:
            guard let project = wish.project else { throw Problem(.badRequest, "“project” is missing: whose setting is it?") }
            owner = .project(try await accounts.project(project).id)
        }
        try await act(try Setting.named(try context.parameters.require("key")), wish, owner, user)
        return try .json(try await listing(project: wish.project, user: user))
    }
}
