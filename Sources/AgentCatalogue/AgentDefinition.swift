import AgentProtocol
import Credentials

/// An agent as the catalogue describes it.
public struct AgentDefinition: Sendable, Hashable {
    /// A file in the agent's home that holds a sign-in.
    public struct SignInFile: Sendable, Hashable {
        public var provider: Provider
        /// Relative to the agent's home.
        public var file: String

        /// Names a file.
        public init(provider: Provider, file: String) {
            self.provider = provider
            self.file = file
        }
    }

    /// Two models of a provider's, by the names that the agent takes.
    public struct Models: Sendable, Hashable {
        public var fast: String
        public var strong: String

        /// Names two.
        public init(fast: String, strong: String) {
            self.fast = fast
            self.strong = strong
        }
    }

    public var id: String
    public var name: String
    public var wireProtocol: WireProtocol
    /// The program's name or absolute path, then its arguments. Never empty.
    public var command: [String]
    /// What is added to the command with a provider.
    public var providerArguments: [Provider: [String]]
    /// Absolute folders that the program reads and that stand outside the system's own.
    public var needs: [String]
    public var environment: [String: String]
    /// What is set besides with a provider.
    public var providerEnvironment: [Provider: [String: String]]
    /// Files that it finds in its home whenever it is started, by their paths there.
    public var files: [String: HomeFile]
    /// Patterns, as in `.gitignore`, of what it keeps in its working directory for itself. It does not land.
    public var leavesBehind: [String]
    /// What is added to the command when a model is chosen; `${model}` stands for it.
    public var modelArguments: [String]
    /// Its models, with a provider: a fast one and a strong one.
    public var models: [Provider: Models]
    /// What makes the program print its version, and nothing else.
    public var versionArguments: [String]
    /// Whose credentials it can work with, the usual one first; empty for one that needs none.
    public var providers: [Provider]
    /// Hosts that it asks for by itself, as patterns of the egress list. To refuse one of them tells a person nothing.
    public var ownHosts: [String]
    /// The file in which it insists on keeping a sign-in.
    public var signIn: SignInFile?
    public var install: String?
    public var description: String?

    /// Describes an agent.
    public init(
        id: String, name: String, wireProtocol: WireProtocol, command: [String],
        providerArguments: [Provider: [String]] = [:], needs: [String] = [],
        environment: [String: String] = [:], providerEnvironment: [Provider: [String: String]] = [:],
        files: [String: HomeFile] = [:], leavesBehind: [String] = [], modelArguments: [String] = [], models: [Provider: Models] = [:],
        versionArguments: [String] = ["--version"], providers: [Provider] = [], ownHosts: [String] = [],
        signIn: SignInFile? = nil,
        install: String? = nil,
        description: String? = nil
    ) {
        self.id = id
        self.name = name
        self.wireProtocol = wireProtocol
        self.command = command
        self.providerArguments = providerArguments
        self.needs = needs
        self.environment = environment
        self.providerEnvironment = providerEnvironment
        self.files = files
        self.leavesBehind = leavesBehind
        self.modelArguments = modelArguments
        self.models = models
        self.versionArguments = versionArguments
        self.providers = providers
        self.ownHosts = ownHosts
        self.signIn = signIn
        self.install = install
        self.description = description
    }
}
