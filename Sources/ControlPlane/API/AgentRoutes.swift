import Accounts
import AgentCatalogue
import Credentials
import Hummingbird
import Processes
import Store
import Workspaces

/// `/api/v1/agents`.
struct AgentRoutes {
    let modules: Modules

    init(_ modules: Modules) {
        self.modules = modules
    }

    func add(to group: RouterGroup<APIContext>) {
        group.get(use: list)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try context.requireUser().id
        var project: ProjectID?
        if let name = request.uri.queryParameters["project"] {
            project = try await modules.accounts.project(String(name), for: user).id
        }
        let catalogue = modules.catalogue.current
        let page = Page(of: catalogue.agents, try request.page()) { $0.id }
        let agents = page.items
        let host = modules.host
        // Programs take their time to tell a version, and there are several.
        let trials = await withTaskGroup(of: (String, ProgramTrial).self) { group in
            for agent in agents {
                guard let program = agent.program(programFolder: Program.ownFolder) else { continue }
                group.addTask {
                    (agent.id, await host.trial(of: program, folders: agent.needs, arguments: agent.versionArguments))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var views: [AgentView] = []
        for agent in agents {
            var view = AgentView(agent, programFolder: Program.ownFolder)
            view.add(trials[agent.id])
            let wanted = agent.providers.filter(\.takesCredential)
            view.keys = try await modules.credentials.explain(wanted, project: project, user: user).map { AgentView.Key($0) }
            views.append(view)
        }
        return try .json(Listing.Agents(agents: views, problems: catalogue.problems.map(\.description), next: page.next?.cursor))
    }
}
