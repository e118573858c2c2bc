import ControlPlane
import Credentials

extension CreatedKey {
    /// What a person has to know about a new key: that it is shown once, what it is, and how a tool uses it.
    var advice: [PrintedText] {
        let example = key.provider ?? "anthropic"
        let address: PrintedText = "\(gateway)/\(Provider(rawValue: example)?.gatewayPath ?? example)"
        return [
            "This is the key. It is not shown again: keep it now, or make another.",
            "It is a key of SAM's gateway and no key of a provider's: it opens nothing but \(gateway), until: sam keys revoke \(key.id)",
            "A tool takes it in place of \(example)'s key, with the gateway in place of the provider's address. For example:",
        ] + variables(example, address)
    }

    /// The two environment variables that clients of the provider read, else what to set.
    private func variables(_ provider: String, _ address: PrintedText) -> [PrintedText] {
        switch provider {
        case "anthropic": ["  export ANTHROPIC_BASE_URL=\(address)", "  export ANTHROPIC_AUTH_TOKEN=THE_KEY"]
        case "openai": ["  export OPENAI_BASE_URL=\(address)/v1", "  export OPENAI_API_KEY=THE_KEY"]
        case "google": ["  export GOOGLE_GEMINI_BASE_URL=\(address)", "  export GEMINI_API_KEY=THE_KEY"]
        default: ["  address: \(address)", "  key: THE_KEY"]
        }
    }
}
