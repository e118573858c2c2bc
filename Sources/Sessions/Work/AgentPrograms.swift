import AgentCatalogue
import Processes
import Workspaces

/// The agents of the catalogue, with their programs on the host.
struct AgentPrograms: Sendable {
    let live: LiveCatalogue
    let host: any WorkspaceHost

    /// The agent's definition, and its program on the host.
    ///
    /// - Throws: `WorkspaceError` that says how to install it when it is missing.
    func installed(_ agent: String) async throws -> (definition: AgentDefinition, executable: String) {
        guard let definition = await self.agent(agent) else {
            throw WorkspaceError(.agent, "There is no agent “\(agent)” in the catalogue. `sam agents` shows those there are.")
        }
        guard let executable = await host.executable(named: definition.command[0]) else {
            let hint = definition.install.map { " \($0)" } ?? ""
            throw WorkspaceError(.agent, "\(definition.name) is not installed: no program \(definition.command[0]).\(hint)")
        }
        return (definition, executable)
    }

    /// The current catalogue. Reads its file each time.
    func catalogue() async -> Catalogue {
        await Blocking.run { [live] in live.current }
    }

    func agent(_ id: String) async -> AgentDefinition? {
        await catalogue().agent(id)
    }
}
