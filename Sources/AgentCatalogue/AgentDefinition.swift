/// An agent as the catalogue describes it.
public struct AgentDefinition: Sendable, Hashable {
    /// The protocols that SAM has a driver for.
    public enum WireProtocol: String, Sendable, Codable, CaseIterable {
        case acp
    }

    public var id: String
    public var name: String
    public var wireProtocol: WireProtocol
    /// The program's name or absolute path, then its arguments. Never empty.
    public var command: [String]
    /// Absolute folders that the program reads and that stand outside the system's own.
    public var needs: [String]
    public var environment: [String: String]
    public var install: String?
    public var description: String?

    /// Describes an agent.
    public init(
        id: String, name: String, wireProtocol: WireProtocol, command: [String], needs: [String] = [],
        environment: [String: String] = [:], install: String? = nil, description: String? = nil
    ) {
        self.id = id
        self.name = name
        self.wireProtocol = wireProtocol
        self.command = command
        self.needs = needs
        self.environment = environment
        self.install = install
        self.description = description
    }
}
