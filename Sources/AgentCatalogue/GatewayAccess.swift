import Credentials

/// How a session's agent reaches the gateway: an address inside of its workspace, and its lease.
public struct GatewayAccess: Sendable {
    /// Without a slash at its end.
    public var address: String
    public var lease: String

    /// Names a way.
    public init(address: String, lease: String) {
        self.address = address
        self.lease = lease
    }

    /// Where a provider is reached through the gateway.
    public func address(of provider: Provider) -> String {
        provider.isCustom ? "\(address)/custom/\(provider.rawValue.dropFirst("custom-".count))" : "\(address)/\(provider.rawValue)"
    }

    fileprivate func insertAddresses(into text: String, _ provider: Provider?) -> String {
        text.replacing("${gateway}", with: address).replacing("${provider}", with: provider.map(address(of:)) ?? address)
    }

    /// For what nobody but the agent can read.
    fileprivate func insert(into text: String, _ provider: Provider?, _ model: String?) -> String {
        insertAddresses(into: text, provider).replacing("${lease}", with: lease).replacing("${model}", with: model ?? "")
    }

    /// The variables by which the usual clients of a provider find it: those of its own packages for Python and JavaScript,
    /// as their sources have them. A lease stands where a key goes.
    func variables(for provider: Provider) -> [String: String] {
        let base = address(of: provider)
        switch provider {
        case .anthropic: return ["ANTHROPIC_BASE_URL": base, "ANTHROPIC_AUTH_TOKEN": lease]
        case .openai: return ["OPENAI_BASE_URL": base + "/v1", "OPENAI_API_KEY": lease]
        case .google: return ["GOOGLE_GEMINI_BASE_URL": base, "GEMINI_API_KEY": lease]
        case .mistral: return ["MISTRAL_BASE_URL": base + "/v1", "MISTRAL_API_KEY": lease]
        case .openaiChatGPT: return [:]
        // It speaks like both.
        case .rehearsal:
            return [
                "ANTHROPIC_BASE_URL": base, "ANTHROPIC_AUTH_TOKEN": lease, "OPENAI_BASE_URL": base + "/v1", "OPENAI_API_KEY": lease,
            ]
        // A compatible endpoint speaks like OpenAI's.
        default: return ["OPENAI_BASE_URL": base, "OPENAI_API_KEY": lease]
        }
    }
}

extension AgentDefinition {
    /// The name of a model that was chosen, as the agent takes it.
    ///
    /// - Parameter choice: `fast` or `strong`, or a name; `default` or `nil` for the agent's own choice.
    /// - Returns: `nil` for the agent's own choice.
    public func model(_ choice: String?, with provider: Provider?) -> String? {
        let models = provider.flatMap { self.models[$0] }
        switch choice {
        case "fast": return models?.fast
        case "strong": return models?.strong
        // One that has no choice of its own is told one.
        case "default", nil: return needsModel ? models?.strong : nil
        case let name?: return name
        }
    }

    /// Whether it can't be started without being told a model.
    private var needsModel: Bool {
        let contents = files.values.flatMap { [$0.content].compactMap(\.self) + $0.perProvider.values }
        return (Array(environment.values) + providerEnvironment.values.flatMap(\.values) + contents + command)
            .contains { $0.contains("${model}") }
    }

    /// The environment that the agent gets in a session: the usual variables of its provider's clients, and before them what its
    /// entry says, in which `${gateway}`, `${provider}`, `${lease}` and `${model}` stand for the gateway's address, the provider's
    /// there, the lease, and the model.
    ///
    /// - Parameters:
    ///   - provider: `nil` for an agent that needs none.
    ///   - model: what ``model(_:with:)`` says.
    public func environment(for provider: Provider?, model: String? = nil, access: GatewayAccess) -> [String: String] {
        let usual = provider.map(access.variables) ?? [:]
        let own = environment.merging(provider.flatMap { providerEnvironment[$0] } ?? [:], uniquingKeysWith: { $1 }).mapValues { value in
            access.insert(into: value, provider, model)
        }
        return usual.merging(["SAM_LEASE": access.lease], uniquingKeysWith: { $1 }).merging(own, uniquingKeysWith: { $1 })
    }

    /// The files that the agent finds in its home in a session, by their paths there, with placeholders as in its environment.
    ///
    /// - Parameters:
    ///   - provider: `nil` for an agent that needs none.
    ///   - model: what ``model(_:with:)`` says.
    public func files(for provider: Provider?, model: String? = nil, access: GatewayAccess) -> [String: String] {
        files.compactMapValues { file in
            (provider.flatMap { file.perProvider[$0] } ?? file.content).map { access.insert(into: $0, provider, model) }
        }
    }

    /// The arguments that the agent gets in a session: what its entry says, with the addresses as in its environment. There is no
    /// `${lease}` here: others can read a process's arguments.
    ///
    /// - Parameters:
    ///   - provider: `nil` for an agent that needs none.
    ///   - model: what ``model(_:with:)`` says.
    public func arguments(for provider: Provider?, model: String? = nil, access: GatewayAccess) -> [String] {
        let chosen = model == nil ? [] : modelArguments
        return (command.dropFirst() + (provider.flatMap { providerArguments[$0] } ?? []) + chosen).map {
            access.insertAddresses(into: $0, provider).replacing("${model}", with: model ?? "")
        }
    }
}
