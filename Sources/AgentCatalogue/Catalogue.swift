import Foundation
import Processes

/// The agents that there are: those built in and those in the user's own file.
public struct Catalogue: Sendable {
    /// Every agent, in the order of the files; a user's entry stands where the built-in one stood.
    public let agents: [AgentDefinition]
    /// What was wrong in the files. The agents that are right work all the same.
    public let problems: [CatalogueProblem]

    /// Reads the built-in catalogue and, if there is one, the user's.
    ///
    /// - Parameter userFile: a path, usually `agents.yaml` in SAM's home. It need not exist.
    public init(userFile: String? = nil) {
        self.init(userFile.map { UserCatalogue(at: $0, text: UserCatalogue.read($0), after: nil) })
    }

    init(_ user: UserCatalogue?) {
        let builtIn = CatalogueFile(
            yaml: String(decoding: PackageResources.agents_yaml, as: UTF8.self), name: "built-in agents.yaml")
        var agents = builtIn.agents
        for agent in user?.agents ?? [] {
            if let index = agents.firstIndex(where: { $0.id == agent.id }) {
                agents[index] = agent
            } else {
                agents.append(agent)
            }
        }
        self.agents = agents
        problems = builtIn.problems + (user?.problems ?? [])
    }

    /// The agent with this id.
    public func agent(_ id: String) -> AgentDefinition? {
        agents.first { $0.id == id }
    }
}

extension AgentDefinition {
    /// The agent's program on this machine, or `nil` when it is not installed.
    ///
    /// - Parameter programFolder: where SAM's own programs stand; searched before PATH.
    public func program(programFolder: String) -> String? {
        let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return Program.find(command[0], in: "\(programFolder):\(searchPath)")
    }
}
