/// The parts of a request that affect its cost.
public struct RequestFacts: Sendable, Hashable {
    /// The requested model.
    public var model: String?
    /// The most tokens that it lets the model generate, in all its answers together.
    public var outputLimit: Int?
    /// How many answers it asks for, each with the full output limit.
    public var answers = 1
    /// The requested service tier, as the provider names it.
    public var tier: String?
    /// The requested speed, as the provider names it (Anthropic's `fast`).
    public var speed: String?
    /// The requested tier or speed that has a price of its own, if any.
    public var askedTier: String? { ServiceTier.name(tier) == nil ? speed : tier }
    /// The requested region, as the provider names it (Anthropic's `inference_geo`).
    public var region: String?
    /// Whether a chat completion searches the web (`web_search_options`).
    public var searches = false
    /// The most searches at the provider that it allows, by the tool's name in price lists.
    public var toolCalls: [String: Int] = [:]
    /// Whether it asks for a background response.
    public var isBackground = false
    /// Whether it asks for a stream.
    public var isStream = false
    /// The change to the body that makes a stream report its usage; `nil` if none is needed.
    public var amendment: Amendment?
    /// The length of its body, in bytes.
    public var bytes = 0

    /// An empty request.
    public init() {}

    /// A replacement of bytes in a body.
    public struct Amendment: Sendable, Hashable {
        /// The byte range to replace; empty to insert.
        public var range: Range<Int>
        /// The new bytes.
        public var bytes: [UInt8]
    }
}

/// Reads a request's body as it is forwarded. A value, one for each request.
public struct RequestReader: Sendable {
    private enum Field: Int {
        case model, limit, stream, options, answers, tier, speed, region, searches, background
        case toolType, toolLimit, callLimit, googleSearch, googleMaps
    }

    private static let tree = FieldTree(
        place("model", .model) + place("stream", .stream) + place("stream_options", .options, .any)
            + place("max_tokens", .limit) + place("max_completion_tokens", .limit) + place("max_output_tokens", .limit)
            + google("generationConfig.maxOutputTokens", .limit)
            + place("n", .answers) + google("generationConfig.candidateCount", .answers)
            // https://platform.openai.com/docs/api-reference/completions/create: all of them are billed.
            + place("best_of", .answers)
            // https://platform.openai.com/docs/api-reference/chat/create, https://platform.claude.com/docs/en/api/service-tiers,
            // https://ai.google.dev/gemini-api/docs/priority-inference
            + google("serviceTier", .tier)
            // https://platform.claude.com/docs/en/build-with-claude/fast-mode and /data-residency
            + place("speed", .speed) + place("inference_geo", .region)
            + place("web_search_options", .searches, .any) + place("background", .background)
            // https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool,
            // https://platform.openai.com/docs/api-reference/responses/create, https://ai.google.dev/api/caching#Tool
            + place("tools.*.type", .toolType) + place("tools.*.max_uses", .toolLimit) + place("max_tool_calls", .callLimit)
            + google("tools.*.googleSearch", .googleSearch, .any) + google("tools.*.googleSearchRetrieval", .googleSearch, .any)
            + google("tools.*.googleMaps", .googleMaps, .any))

    private static func place(_ path: String, _ field: Field, _ capture: FieldTree.Capture = .scalar) -> [UsagePlaces.Place] {
        [(path, field.rawValue, capture)]
    }

    /// A field of Google's, which accepts each key in camel case and with underscores. https://protobuf.dev/programming-guides/json/
    private static func google(_ path: String, _ field: Field, _ capture: FieldTree.Capture = .scalar) -> [UsagePlaces.Place] {
        let paths = path.split(separator: ".").reduce(into: [[String]]()) { paths, key in
            let underscored = key.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
            let spellings = underscored == key ? [underscored] : [String(key), underscored]
            paths = paths.isEmpty ? spellings.map { [$0] } : paths.flatMap { path in spellings.map { path + [$0] } }
        }
        return paths.flatMap { place($0.joined(separator: "."), field, capture) }
    }

    private var scanner = FieldScanner(Self.tree)
    private var facts = RequestFacts()
    private var tools = OfferedTools()
    private var options: FieldScanner.Found?
    /// The byte offset of the body's opening brace.
    private var opening: Int?
    /// A limit of its output is none.
    private var isUnlimited = false

    /// Creates a reader.
    public init() {}

    /// Reads the next bytes of the body.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        if opening == nil, let index = bytes.firstIndex(of: UInt8(ascii: "{")) { opening = facts.bytes + index }
        facts.bytes += bytes.count
        scanner.feed(bytes) { Self.take($0, &facts, &tools, &options, &isUnlimited) }
    }

    private static func take(
        _ found: FieldScanner.Found, _ facts: inout RequestFacts, _ tools: inout OfferedTools, _ options: inout FieldScanner.Found?,
        _ isUnlimited: inout Bool
    ) {
        let text = found.text
        switch Field(rawValue: found.field) {
        case .model: facts.model = text
        // Of several limits the largest counts: which one a provider goes by is not known here. Local servers take -1 for no limit.
        case .limit:
            guard let limit = Int(text) else { break }
            isUnlimited = isUnlimited || limit <= 0
            facts.outputLimit = max(limit, facts.outputLimit ?? 0)
        case .stream: facts.isStream = text == "true"
        case .background: facts.isBackground = text == "true" && !found.isText
        case .options: options = found
        case .answers: facts.answers = Int(text).map { max(facts.answers, min($0, 10_000)) } ?? facts.answers
        case .tier: facts.tier = found.isText ? text : facts.tier
        case .speed: facts.speed = found.isText ? text : facts.speed
        case .region: facts.region = found.isText ? text : facts.region
        case .searches: facts.searches = found.bytes.first == UInt8(ascii: "{") && !found.isText
        case .toolType: if found.isText { tools.take(type: text, of: found.element) }
        case .toolLimit: if let limit = Int(text) { tools.take(limit: limit, of: found.element) }
        case .callLimit: if let limit = Int(text) { tools.take(limitOfAll: limit) }
        case .googleSearch, .googleMaps:
            guard found.bytes.first == UInt8(ascii: "{"), !found.isText else { break }
            tools.take(type: found.field == Field.googleMaps.rawValue ? "google_maps" : "web_search", of: found.element)
        case nil: break
        }
    }

    /// Ends the reading.
    ///
    /// - Parameter asksForUsage: whether streams of this API report their usage only on request (`stream_options.include_usage`,
    ///   https://platform.openai.com/docs/api-reference/chat/create).
    public consuming func finish(asksForUsage: Bool) -> RequestFacts {
        if asksForUsage, facts.isStream { facts.amendment = amendment }
        if isUnlimited { facts.outputLimit = nil }
        if facts.searches { tools.searchOnce() }
        facts.toolCalls = tools.calls
        if let limit = facts.outputLimit {
            let (product, overflows) = limit.multipliedReportingOverflow(by: facts.answers)
            facts.outputLimit = overflows ? .max : product
        }
        return facts
    }

    private var amendment: RequestFacts.Amendment? {
        let member = #""include_usage":true"#
        guard let opening else { return nil }
        guard let options else {
            return RequestFacts.Amendment(range: opening + 1..<opening + 1, bytes: Array(#""stream_options":{\#(member)},"#.utf8))
        }
        guard options.bytes.first == UInt8(ascii: "{"), !options.isText else {
            // It is null.
            return options.isText
                ? nil : RequestFacts.Amendment(range: options.start..<options.start + options.bytes.count, bytes: Array("{\(member)}".utf8))
        }
        var asked: [UInt8]?
        var inner = FieldScanner(FieldTree([("include_usage", 0, .scalar)]))
        options.bytes.withUnsafeBytes { bytes in inner.feed(bytes) { asked = $0.bytes } }
        switch asked.map({ String(decoding: $0, as: UTF8.self) }) {
        case "true": return nil
        case nil:
            let isEmpty = options.bytes.dropFirst().allSatisfy { [0x20, 0x0a, 0x0d, 0x09, UInt8(ascii: "}")].contains($0) }
            return RequestFacts.Amendment(
                range: options.start + 1..<options.start + 1, bytes: Array((member + (isEmpty ? "" : ",")).utf8))
        default:
            // It says false, which becomes true; everything else in it stays.
            guard let text = String(validating: options.bytes, as: UTF8.self),
                let match = text.firstMatch(of: /"include_usage"\s*:\s*[a-z]+/)
            else { return nil }
            let start = options.start + text[..<match.range.lowerBound].utf8.count
            let length = text[match.range].utf8.count
            return RequestFacts.Amendment(range: start..<start + length, bytes: Array(member.utf8))
        }
    }
}
