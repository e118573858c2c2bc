import Credentials

/// A session agent's access to the gateway: an address inside its workspace, and its lease.
public struct GatewayAccess: Sendable {
    /// The URL without a trailing slash.
    public var address: String
    /// The lease.
    public var lease: String

    /// Creates an access.
    public init(address: String, lease: String) {
        self.address = address
        self.lease = lease
    }

    /// The gateway's URL for a provider.
    public func address(of provider: Provider) -> String {
        "\(address)/\(provider.gatewayPath)"
    }

    fileprivate func insertAddresses(into text: String, _ provider: Provider?) -> String {
        text.replacing("${gateway}", with: address).replacing("${provider}", with: provider.map(address(of:)) ?? address)
    }

    /// For text that only the agent can read.
    fileprivate func insert(into text: String, _ provider: Provider?, _ model: String?) -> String {
        insertAddresses(into: text, provider).replacing("${lease}", with: lease).replacing("${model}", with: model ?? "")
    }

    /// The environment variables with which a provider's usual clients find it (as in the sources of its own Python and JavaScript
    /// packages). The lease takes the place of a key.
    func variables(for provider: Provider) -> [String: String] {
        let base = address(of: provider)
        switch provider {
        case .anthropic: return ["ANTHROPIC_BASE_URL": base, "ANTHROPIC_AUTH_TOKEN": lease]
        case .openai: return ["OPENAI_BASE_URL": base + "/v1", "OPENAI_API_KEY": lease]
        case .google: return ["GOOGLE_GEMINI_BASE_URL": base, "GEMINI_API_KEY": lease]
        case .mistral: return ["MISTRAL_BASE_URL": base + "/v1", "MISTRAL_API_KEY": lease]
        case .openaiChatGPT: return [:]
        // The rehearsal provider speaks both protocols.
        case .rehearsal:
            return [
                "ANTHROPIC_BASE_URL": base, "ANTHROPIC_AUTH_TOKEN": lease, "OPENAI_BASE_URL": base + "/v1", "OPENAI_API_KEY": lease,
            ]
        // A compatible endpoint speaks OpenAI's protocol.
        default: return ["OPENAI_BASE_URL": base, "OPENAI_API_KEY": lease]
        }
    }
}

extension AgentDefinition {
    /// The agent's name for a chosen model.
    ///
    /// - Parameter choice: `fast` or `strong`, or a name; `default` or `nil` for the agent's own choice.
    /// - Returns: `nil` for the agent's own choice.
    public func model(_ choice: String?, with provider: Provider?) -> String? {
        let models = provider.flatMap { self.models[$0] }
        switch choice {
        case "fast": return models?.fast
        case "strong": return models?.strong
        // An agent without a default gets the strong model.
        case "default", nil: return needsModel ? models?.strong : nil
        case let name?: return name
        }
    }

    /// Whether the agent can't start without a model.
    private var needsModel: Bool {
        let contents = files.values.flatMap { [$0.content].compactMap(\.self) + $0.perProvider.values }
        return (Array(environment.values) + providerEnvironment.values.flatMap(\.values) + contents + command)
            .contains { $0.contains("${model}") }
    }

    /// The agent's environment in a session: the usual variables of its provider's clients, overridden by those of its entry, in which
    /// `${gateway}`, `${provider}`, `${lease}` and `${model}` stand for the gateway's address, the provider's address there, the lease, and
    /// the model.
    ///
    /// - Parameters:
    ///   - provider: `nil` for an agent that needs none.
    ///   - model: the result of ``model(_:with:)``.
    public func environment(for provider: Provider?, model: String? = nil, access: GatewayAccess) -> [String: String] {
        let usual = provider.map(access.variables) ?? [:]
        let own = environment.merging(provider.flatMap { providerEnvironment[$0] } ?? [:], uniquingKeysWith: { $1 }).mapValues { value in
            access.insert(into: value, provider, model)
        }
        return usual.merging(["SAM_LEASE": access.lease], uniquingKeysWith: { $1 }).merging(own, uniquingKeysWith: { $1 })
    }

    /// The files in the agent's home in a session, by their paths there, with the same placeholders as in its environment.
    ///
    /// - Parameters:
    ///   - provider: `nil` for an agent that needs none.
    ///   - model: the result of ``model(_:with:)``.
    public func files(for provider: Provider?, model: String? = nil, access: GatewayAccess) -> [String: String] {
        files.compactMapValues { file in
            (provider.flatMap { file.perProvider[$0] } ?? file.content).map { access.insert(into: $0, provider, model) }
        }
    }

    /// The agent's arguments in a session, with the same placeholders as in its environment except for `${lease}`: other processes can read
    /// arguments.
    ///
    /// - Parameters:
    ///   - provider: `nil` for an agent that needs none.
    ///   - model: the result of ``model(_:with:)``.
    public func arguments(for provider: Provider?, model: String? = nil, access: GatewayAccess) -> [String] {
        let chosen = model == nil ? [] : modelArguments
        return (command.dropFirst() + (provider.flatMap { providerArguments[$0] } ?? []) + chosen).map {
            access.insertAddresses(into: $0, provider).replacing("${model}", with: model ?? "")
        }
    }
}
