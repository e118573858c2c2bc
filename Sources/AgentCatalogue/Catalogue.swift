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
        let builtIn = CatalogueFile(
            yaml: String(decoding: PackageResources.agents_yaml, as: UTF8.self), name: "built-in agents.yaml")
        var agents = builtIn.agents
        var problems = builtIn.problems
        if let userFile, FileManager.default.fileExists(atPath: userFile) {
            if let yaml = try? String(contentsOfFile: userFile, encoding: .utf8) {
                let file = CatalogueFile(yaml: yaml, name: userFile)
                problems += file.problems
                for agent in file.agents {
                    if let index = agents.firstIndex(where: { $0.id == agent.id }) {
                        agents[index] = agent
                    } else {
                        agents.append(agent)
                    }
                }
            } else {
                problems.append(CatalogueProblem(file: userFile, line: nil, message: "The file can't be read as UTF-8 text."))
            }
        }
        self.agents = agents
        self.problems = problems
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
