import AgentProtocol
import Credentials

/// An agent's entry in the catalogue.
public struct AgentDefinition: Sendable, Hashable {
    /// A file in the agent's home with a sign-in.
    public struct SignInFile: Sendable, Hashable {
        /// The provider of the sign-in.
        public var provider: Provider
        /// The path relative to the agent's home.
        public var file: String

        /// Creates a description of a file.
        public init(provider: Provider, file: String) {
            self.provider = provider
            self.file = file
        }
    }

    /// Two models of a provider, by the names that the agent accepts.
    public struct Models: Sendable, Hashable {
        /// The fast model.
        public var fast: String
        /// The strong model.
        public var strong: String

        /// Creates a pair of models.
        public init(fast: String, strong: String) {
            self.fast = fast
            self.strong = strong
        }
    }

    /// The agent's id, unique in the catalogue.
    public var id: String
    /// The agent's name for people.
    public var name: String
    /// The protocol that the agent speaks.
    public var wireProtocol: WireProtocol
    /// The program's name or absolute path, and its arguments. Never empty.
    public var command: [String]
    /// Arguments to add for a provider.
    public var providerArguments: [Provider: [String]]
    /// Absolute paths of folders that the program reads outside of the system's.
    public var needs: [String]
    /// Environment variables.
    public var environment: [String: String]
    /// Environment variables to add for a provider.
    public var providerEnvironment: [Provider: [String: String]]
    /// Files to write into the agent's home before each start, by their paths there.
    public var files: [String: HomeFile]
    /// Patterns, as in `.gitignore`, of files that the agent keeps in its working directory for itself. They do not land.
    public var leavesBehind: [String]
    /// Arguments to add if a model is chosen; `${model}` stands for it.
    public var modelArguments: [String]
    /// The fast and the strong model of each provider.
    public var models: [Provider: Models]
    /// The arguments with which the program only prints its version.
    public var versionArguments: [String]
    /// The providers whose credentials it can use, the usual one first; empty if it needs none.
    public var providers: [Provider]
    /// Patterns of hosts that the agent contacts by itself. A refusal of one of them is not worth reporting.
    public var ownHosts: [String]
    /// The file in which the agent requires a sign-in.
    public var signIn: SignInFile?
    /// How to install the agent, for people.
    public var install: String?
    /// A description for people.
    public var description: String?

    /// Creates an entry.
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
