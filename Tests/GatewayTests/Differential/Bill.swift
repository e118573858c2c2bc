/// The tokens that a provider bills, each in one class.
struct BilledTokens: Equatable, Sendable {
    var input = 0
    var read = 0
    var write = 0
    var writeLong = 0
    /// With what was thought.
    var output = 0
    /// Of the output.
    var reasoning = 0

    /// All that the model read.
    var prompt: Int { input + read + write + writeLong }

    /// Whether no class is below the other's.
    func covers(_ other: BilledTokens) -> Bool {
        input >= other.input && read >= other.read && write >= other.write && writeLong >= other.writeLong && output >= other.output
    }
}

/// What an answer tells about what it costs.
struct Bill: Equatable, Sendable {
    var tokens = BilledTokens()
    var searches = 0
    /// `nil` where the answer does not say it.
    var tier: ServiceTier?
    /// Served where it costs more.
    var isInRegion = false
    /// Tokens of the input that are sound.
    var sound = 0
    /// What the provider itself says that it costs, in trillionths of a dollar.
    var toldCost: Int?
    /// Whether the last word on the usage was told.
    var isWhole = false
    /// Whether something of the answer was told, if not its usage.
    var hasText = false
    /// Whether the provider says that it failed.
    var hasFailed = false
}

/// Who answers.
enum Vendor: String, CaseIterable, Sendable {
    case anthropic, openai, google, mistral, deepseek, moonshot, groq, openrouter, xai
    /// A server of one's own, with a model that has no price.
    case house

    /// Its first path component at the gateway.
    var path: String {
        switch self {
        case .anthropic, .openai, .google, .mistral: "/\(rawValue)"
        case .deepseek, .moonshot, .groq, .openrouter, .xai, .house: "/custom/\(rawValue)"
        }
    }

    var isCustom: Bool { path.hasPrefix("/custom") }

    /// A model of those whose prices are not in the book.
    var unpriced: String? {
        switch self {
        case .anthropic, .openai, .google, .mistral, .deepseek: nil
        case .moonshot: "kimi-k2.6"
        case .groq: "openai/gpt-oss-120b"
        case .openrouter: "anthropic/claude-opus-4.8"
        case .xai: "grok-4.3"
        case .house: "house-llm-7b"
        }
    }
}

/// How an answer is written.
enum WireFormat: Sendable {
    case messages, chat, responses, gemini, embeddings
}

/// What is asked for.
enum Purpose: Sendable {
    case conversation
    /// The middle of a text.
    case fill
    case embedding
    /// A response that is fetched later.
    case background
}
