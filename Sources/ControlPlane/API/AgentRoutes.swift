import API
import Accounts
import AgentCatalogue
import Credentials
import Hummingbird
import Store
import Workspaces

/// `/api/v1/agents`.
struct AgentRoutes {
    let dependencies: Dependencies

    init(_ dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser().id
        var project: ProjectID?
        if let name = request.uri.queryParameters["project"] {
            project = try await dependencies.accounts.project(String(name), for: user).id
        }
        let catalogue = dependencies.catalogue.current
        let page = Page(of: catalogue.agents, try request.page()) { $0.id }
        let agents = page.items
        let host = dependencies.host
        // Concurrently, because programs take a while to print their versions.
        let presences = await withTaskGroup(of: (String, ProgramPresence).self) { group in
            for agent in agents {
                group.addTask {
                    let program = ProgramRequirements(
                        name: agent.command[0], folders: agent.needs, versionArguments: agent.versionArguments)
                    return (agent.id, await host.presence(of: program))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var views: [AgentView] = []
        for agent in agents {
            var view = AgentView(agent, presences[agent.id] ?? ProgramPresence(executable: nil))
            let wanted = agent.providers.filter(\.takesCredential)
            view.keys = try await dependencies.credentials.resolver.explain(wanted, project: project, user: user).map { AgentView.Key($0) }
            views.append(view)
        }
        return try .json(Listing.Agents(agents: views, problems: catalogue.problems.map(\.description), next: page.next?.cursor))
    }
}
