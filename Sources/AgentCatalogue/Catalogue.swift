/// The available agents: the built-in ones and those in the user's file.
public struct Catalogue: Sendable {
    /// All agents, in the order of the files; a user's entry replaces a built-in one in its place.
    public let agents: [AgentDefinition]
    /// The mistakes in the files. Valid entries are not affected.
    public let problems: [CatalogueProblem]

    /// Reads the built-in catalogue and, if it exists, the user's.
    ///
    /// - Parameter userFile: a path, usually `agents.yaml` in SAM's home. The file need not exist.
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
