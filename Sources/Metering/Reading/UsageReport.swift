import Foundation

/// What an answer told of its usage, number by number, as the provider counts. The last word on each number holds: a
/// stream's numbers are running totals and are never added up.
struct UsageReport: Sendable {
    /// The numbers that any provider reports.
    enum Number: Int, CaseIterable {
        case input, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, output, reasoning, webSearches
        // Google counts these apart from what they belong to.
        case thoughts, toolPrompt
    }

    private static let model = Number.allCases.count
    private static let type = model + 1
    private static let iterations = model + 2

    private(set) var numbers = [Int?](repeating: nil, count: Number.allCases.count)
    private(set) var model: String?
    /// The event type that was seen last.
    private(set) var type: String?
    /// Attempts with other models that were made inside of the request, as Anthropic lists them.
    private(set) var attempts: [Attempt] = []

    subscript(_ number: Number) -> Int? { numbers[number.rawValue] }

    /// Whether anything was told at all.
    var isEmpty: Bool { numbers.allSatisfy { $0 == nil } }

    /// Takes a value that a scanner found.
    mutating func take(_ found: FieldScanner.Found) {
        switch found.field {
        case Self.model:
            if found.isText, !found.bytes.isEmpty { model = found.text }
        case Self.type: type = String(decoding: found.bytes, as: UTF8.self)
        case Self.iterations:
            attempts = (try? JSONDecoder().decode([Attempt].self, from: Data(found.bytes))) ?? attempts
        default:
            if !found.isText, let number = Self.number(found.bytes) { numbers[found.field] = number }
        }
    }

    /// Reads a count. A negative one is nobody's, and one beyond all sense is not taken either, so that sums can't overflow.
    private static func number(_ bytes: [UInt8]) -> Int? {
        let text = String(decoding: bytes, as: UTF8.self)
        let number = Int(text) ?? Double(text).flatMap { $0.isFinite && $0 <= 1e12 ? Int(exactly: $0.rounded()) : nil }
        return number.flatMap { (0...1_000_000_000_000).contains($0) ? $0 : nil }
    }

    /// One attempt of a request that fell back to another model at the provider.
    struct Attempt: Sendable, Decodable, Hashable {
        /// `compaction` is a pass whose tokens the sums leave out.
        var type: String?
        var model: String?
        var input_tokens: Int?
        var output_tokens: Int?
        var cache_read_input_tokens: Int?
        var cache_creation_input_tokens: Int?
        var cache_creation: CacheCreation?

        struct CacheCreation: Decodable, Hashable {
            var ephemeral_5m_input_tokens: Int?
            var ephemeral_1h_input_tokens: Int?
        }
    }

    // MARK: - Where the numbers stand

    /// The places for a format. Names as in the providers' references: https://docs.claude.com/en/api/messages,
    /// https://platform.openai.com/docs/api-reference, https://ai.google.dev/api/generate-content.
    static func tree(_ format: WireFormat) -> FieldTree {
        switch format {
        case .messages: messages
        case .chat: chat
        case .responses: responses
        case .gemini: gemini
        case .unknown, .free: anything
        }
    }

    private typealias Place = (path: String, field: Int, capture: FieldTree.Capture)

    private static func place(_ path: String, _ number: Number) -> Place { (path, number.rawValue, .scalar) }

    private static func messagesUsage(_ prefix: String) -> [Place] {
        [
            place("\(prefix).input_tokens", .input), place("\(prefix).output_tokens", .output),
            place("\(prefix).cache_read_input_tokens", .cacheRead), place("\(prefix).cache_creation_input_tokens", .cacheWrite),
            place("\(prefix).cache_creation.ephemeral_5m_input_tokens", .cacheWrite5m),
            place("\(prefix).cache_creation.ephemeral_1h_input_tokens", .cacheWrite1h),
            place("\(prefix).output_tokens_details.thinking_tokens", .reasoning),
            place("\(prefix).server_tool_use.web_search_requests", .webSearches), ("\(prefix).iterations", iterations, .whole),
        ]
    }

    private static let messagesPlaces: [Place] =
        messagesUsage("message.usage") + messagesUsage("usage")
        + [("model", model, .scalar), ("message.model", model, .scalar), ("type", type, .scalar)]

    private static let chatPlaces: [Place] = [
        place("usage.prompt_tokens", .input), place("usage.completion_tokens", .output),
        place("usage.prompt_tokens_details.cached_tokens", .cacheRead),
        place("usage.completion_tokens_details.reasoning_tokens", .reasoning), ("model", model, .scalar),
    ]

    private static func responsesUsage(_ prefix: String) -> [Place] {
        [
            place("\(prefix)usage.input_tokens", .input), place("\(prefix)usage.output_tokens", .output),
            place("\(prefix)usage.input_tokens_details.cached_tokens", .cacheRead),
            place("\(prefix)usage.output_tokens_details.reasoning_tokens", .reasoning), ("\(prefix)model", model, .scalar),
        ]
    }

    private static let responsesPlaces: [Place] =
        responsesUsage("") + responsesUsage("response.") + [("type", type, .scalar)]

    private static func geminiUsage(_ prefix: String) -> [Place] {
        [
            place("\(prefix)usageMetadata.promptTokenCount", .input), place("\(prefix)usageMetadata.candidatesTokenCount", .output),
            place("\(prefix)usageMetadata.cachedContentTokenCount", .cacheRead),
            place("\(prefix)usageMetadata.thoughtsTokenCount", .thoughts),
            place("\(prefix)usageMetadata.toolUsePromptTokenCount", .toolPrompt), ("\(prefix)modelVersion", model, .scalar),
        ]
    }

    private static let messages = FieldTree(messagesPlaces)
    private static let chat = FieldTree(chatPlaces)
    private static let responses = FieldTree(responsesPlaces)
    private static let gemini = FieldTree(geminiUsage("") + geminiUsage("response."))
    private static let anything = FieldTree(messagesPlaces + chatPlaces + responsesPlaces + geminiUsage("") + geminiUsage("response."))
}
