import Accounts
import AgentCatalogue
import AgentProtocol
import Cascade
import Credentials
import Workspaces

/// An agent in the API.
public struct AgentView: Sendable, Codable {
    /// The key that the agent would use with one of its providers.
    public struct Key: Sendable, Codable {
        /// The provider's id.
        public var provider: String
        /// The result of the resolution.
        public var outcome: ExplainedOutcome
        /// The scope that decided.
        public var scope: Scope?

        package init(_ explanation: CredentialExplanation) {
            provider = explanation.provider.rawValue
            outcome = explanation.outcome
            scope = explanation.scope
        }
    }

    /// The agent's models with a provider.
    public struct Models: Sendable, Codable {
        /// The provider's id.
        public var provider: String
        /// The fast model.
        public var fast: String
        /// The strong model.
        public var strong: String
    }

    /// The agent's id.
    public var id: String
    /// The agent's name.
    public var name: String
    /// The protocol that it speaks.
    public var `protocol`: String
    /// A description for people.
    public var description: String?
    /// The providers whose credentials it can use, the usual one first.
    public var providers: [String]
    /// Its models, per provider.
    public var models: [Models]
    /// The program's path on this machine; missing if it is not installed.
    public var program: String?
    /// The version that the program prints.
    public var version: String?
    /// What it lacks on this machine, a sentence each.
    public var missing: [String]
    /// The keys that it would use for this user in the requested project.
    public var keys: [Key]
    /// How to install it.
    public var install: String?

    package init(_ agent: AgentDefinition, _ presence: ProgramPresence) {
        id = agent.id
        name = agent.name
        self.protocol = agent.wireProtocol.rawValue
        description = agent.description
        providers = agent.providers.map(\.rawValue)
        models = agent.providers.compactMap { provider in
            agent.models[provider].map { Models(provider: provider.rawValue, fast: $0.fast, strong: $0.strong) }
        }
        program = presence.executable
        let folders = presence.missingFolders.map { "The folder \($0) is not there." }
        missing = (program == nil ? ["The program \(agent.command[0]) is not installed."] : []) + folders
        keys = []
        install = agent.install
        switch presence.trial {
        case .starts(let version): self.version = version
        case .fails(let why): missing.append(why)
        case .untried, nil: break
        }
    }
}
