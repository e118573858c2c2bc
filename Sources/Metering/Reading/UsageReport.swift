import Foundation

/// The usage that a response reported, by the provider's own counts. The last value of each count is used: a stream's counts are running
/// totals and are not added up.
struct UsageReport: Sendable {
    typealias Number = UsageField.Number

    private var numbers = [Int?](repeating: nil, count: Number.allCases.count)
    /// In which text of the response each count was last reported.
    private var times = [Int](repeating: -1, count: Number.allCases.count)
    private var time = 0

    private(set) var model: String?
    /// The last event type.
    private(set) var type: String?
    /// Attempts with other models in the request, as Anthropic lists them.
    private(set) var attempts: [Attempt] = []
    /// Whether the response has an error or a failed status.
    private(set) var hasFailed = false
    /// Whether generated content has arrived.
    private(set) var hasStreamed = false

    /// The state of a response of the Responses API.
    private(set) var response = ResponseState()
    /// In which text of the response the answer ended, or its prompt was blocked; `nil` while it continues.
    private var endTime: Int?
    private var hasSeveralChoices = false

    /// Whether the answer has ended or its prompt was blocked.
    var hasEnded: Bool { endTime != nil }

    /// Whether the counts were reported with the end of the only answer or after it, so that they can't grow.
    var hasFinalCounts: Bool {
        guard let endTime, !hasSeveralChoices else { return false }
        return times[Number.output.rawValue] >= endTime
    }

    // Other values that affect the cost.
    private(set) var tier: String?
    private(set) var region: String?
    private(set) var speed: String?
    private(set) var cost: Decimal?
    private(set) var upstreamCost: Decimal?
    private(set) var isOwnKey: Bool?
    private(set) var ticks: Decimal?
    private(set) var tools = ToolTally()
    private(set) var declaresPreview = false
    private(set) var executions = 0
    private(set) var queries: Set<String> = []
    private(set) var usesMaps = false
    private(set) var promptDetails: [UInt8]?
    private(set) var candidateDetails: [UInt8]?
    private(set) var connectors: [UInt8]?

    /// The most distinct queries that are counted.
    private static let queryLimit = 256

    subscript(_ number: Number) -> Int? { numbers[number.rawValue] }

    /// Whether no count was reported.
    var isEmpty: Bool { numbers.allSatisfy { $0 == nil } }

    /// Whether the size of the prompt was reported, by DeepSeek as two parts.
    var hasInput: Bool { self[.input] != nil || self[.cacheHit] != nil && self[.cacheMiss] != nil }

    /// Whether the parts of the cache writes are newer than their total.
    var hasNewerParts: Bool {
        max(times[Number.cacheWrite5m.rawValue], times[Number.cacheWrite1h.rawValue]) > times[Number.cacheWrite.rawValue]
    }

    /// Stores a value that the scanner found.
    mutating func take(_ found: FieldScanner.Found) {
        guard let mark = UsageField.mark(found.field) else {
            if !found.isText, let number = Self.number(found.bytes) {
                numbers[found.field] = number
                times[found.field] = time
            }
            return
        }
        take(found, mark)
    }

    private mutating func take(_ found: FieldScanner.Found, _ mark: UsageField.Mark) {
        let word = found.isText && !found.bytes.isEmpty ? found.text : nil
        switch mark {
        case .model: model = word ?? model
        case .type: type = found.text
        case .id: response.id = word ?? response.id
        case .status:
            response.status = word ?? response.status
            hasFailed = hasFailed || word == "failed"
        case .background: response.isBackground = found.flag ?? response.isBackground
        case .tier: tier = word ?? tier
        case .region: region = word ?? region
        case .speed: speed = word ?? speed
        case .cost: cost = found.amount ?? cost
        case .upstreamCost: upstreamCost = found.amount ?? upstreamCost
        case .ticks: ticks = found.amount ?? ticks
        case .isOwnKey: isOwnKey = found.flag ?? isOwnKey
        case .iterations: attempts = (try? JSONDecoder().decode([Attempt].self, from: Data(found.bytes))) ?? attempts
        case .promptDetails: promptDetails = found.bytes
        case .candidateDetails: candidateDetails = found.bytes
        case .connectors: connectors = found.bytes
        case .failure: hasFailed = hasFailed || word != nil || found.bytes.first == UInt8(ascii: "{")
        case .words: hasStreamed = hasStreamed || word != nil || found.bytes.first == UInt8(ascii: "[")
        case .ending: if word != nil { endTime = time }
        case .choice: hasSeveralChoices = hasSeveralChoices || !["0", "null"].contains(found.text)
        case .item: tools.list(found.text)
        case .endedItem: tools.end(found.text)
        case .itemAction: tools.act(found.text, isListed: true)
        case .endedAction: tools.act(found.text, isListed: false)
        case .declaredTool: declaresPreview = declaresPreview || word?.hasPrefix("web_search_preview") ?? false
        case .block: if word?.hasSuffix("code_execution_tool_result") ?? false { executions += 1 }
        case .query: if let word, queries.count < Self.queryLimit { queries.insert(word) }
        case .mapsPlace: usesMaps = true
        }
    }

    /// Forgets what the provider says that it costs.
    mutating func forgetCost() { (cost, upstreamCost, ticks) = (nil, nil, nil) }

    /// Ends a text: an event, or a response that comes as one text.
    mutating func endText(isEvent: Bool) {
        tools.endText(type)
        time += 1
        guard isEvent, let type else { return }
        if type == "error" || type == "response.failed" { hasFailed = true }
        if type.hasPrefix("content_block") || type.hasPrefix("response.") && !Self.silent.contains(type) { hasStreamed = true }
    }

    /// Events of Responses without generated content.
    private static let silent: Set<String> = [
        "response.created", "response.queued", "response.in_progress", "response.failed", "response.cancelled",
    ]

    /// Parses a count. Negative counts are ignored, and absurdly large ones are cut, so that sums can't overflow.
    private static func number(_ bytes: [UInt8]) -> Int? {
        let text = String(decoding: bytes, as: UTF8.self)
        let number = Int(text) ?? Double(text).flatMap { Int(exactly: min($0, Double(most)).rounded()) }
        return number.flatMap { $0 < 0 ? nil : min($0, most) }
    }

    /// Clamps a count from another source to the same bounds.
    static func count(_ number: Int?) -> Int { max(0, min(number ?? 0, most)) }

    /// The largest count that is accepted.
    private static let most = 1_000_000_000_000

    /// An attempt with another model that the provider fell back to or asked for advice.
    /// https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool
    struct Attempt: Sendable, Decodable, Hashable {
        /// The tokens of `compaction` and `advisor_message` passes are not in the reported sums.
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
}

extension FieldScanner.Found {
    /// The value as `true` or `false`; `nil` for any other.
    fileprivate var flag: Bool? { isText ? nil : Bool(text) }

    /// The value as an amount of money; `nil` if it is not a plausible one.
    fileprivate var amount: Decimal? {
        guard !isText, bytes.count <= 40, let first = bytes.first, (0x30...0x39).contains(first),
            let amount = Decimal(string: String(decoding: bytes, as: UTF8.self), locale: nil), amount.isFinite, amount >= 0, amount <= 1e17
        else { return nil }
        return amount
    }
}
