/// What a request asks for, as far as money depends on it.
public struct RequestFacts: Sendable, Hashable {
    public var model: String?
    /// The most tokens that it lets the model generate, in all its answers.
    public var outputLimit: Int?
    /// How many answers it asks for, each of which may be as long as the model can.
    public var answers = 1
    /// Whether it asks for a stream.
    public var isStream = false
    /// The change that makes a stream tell its usage; `nil` where it does so by itself.
    public var amendment: Amendment?
    /// The length of its body.
    public var bytes = 0

    /// Nothing is asked for.
    public init() {}

    /// Bytes that take the place of others in a body.
    public struct Amendment: Sendable, Hashable {
        public var range: Range<Int>
        public var bytes: [UInt8]
    }
}

/// Reads a request's body while it passes by. A value; one a request.
public struct RequestReader: Sendable {
    private enum Field: Int {
        case model, limit, stream, options, answers
    }

    private static let tree = FieldTree([
        ("model", Field.model.rawValue, .scalar), ("stream", Field.stream.rawValue, .scalar),
        ("stream_options", Field.options.rawValue, .any), ("max_tokens", Field.limit.rawValue, .scalar),
        ("max_completion_tokens", Field.limit.rawValue, .scalar), ("max_output_tokens", Field.limit.rawValue, .scalar),
        ("generationConfig.maxOutputTokens", Field.limit.rawValue, .scalar), ("n", Field.answers.rawValue, .scalar),
        ("generationConfig.candidateCount", Field.answers.rawValue, .scalar),
    ])

    private var scanner = FieldScanner(Self.tree)
    private var facts = RequestFacts()
    private var options: FieldScanner.Found?
    /// Where the body's object begins.
    private var opening: Int?

    /// Begins to read a request.
    public init() {}

    /// Takes the next bytes of the body.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        if opening == nil, let index = bytes.firstIndex(of: UInt8(ascii: "{")) { opening = facts.bytes + index }
        facts.bytes += bytes.count
        scanner.feed(bytes) { Self.take($0, &facts, &options) }
    }

    private static func take(_ found: FieldScanner.Found, _ facts: inout RequestFacts, _ options: inout FieldScanner.Found?) {
        let text = found.text
        switch Field(rawValue: found.field) {
        case .model: facts.model = text
        // Of several limits the largest counts: which one a provider goes by is not known here.
        case .limit: facts.outputLimit = Int(text).map { max($0, facts.outputLimit ?? 0) } ?? facts.outputLimit
        case .stream: facts.isStream = text == "true"
        case .options: options = found
        case .answers: facts.answers = Int(text).map { max(1, min($0, 10_000)) } ?? facts.answers
        case nil: break
        }
    }

    /// Ends the reading.
    ///
    /// - Parameter asksForUsage: whether a stream of this API tells its usage only when it is asked to
    ///   (`stream_options.include_usage`, https://platform.openai.com/docs/api-reference/chat/create).
    public consuming func finish(asksForUsage: Bool) -> RequestFacts {
        if asksForUsage, facts.isStream { facts.amendment = amendment }
        if let limit = facts.outputLimit {
            let (product, overflows) = limit.multipliedReportingOverflow(by: facts.answers)
            facts.outputLimit = overflows ? .max : product
        }
        return facts
    }

    private var amendment: RequestFacts.Amendment? {
        let wish = #""include_usage":true"#
        guard let opening else { return nil }
        guard let options else {
            return RequestFacts.Amendment(range: opening + 1..<opening + 1, bytes: Array(#""stream_options":{\#(wish)},"#.utf8))
        }
        guard options.bytes.first == UInt8(ascii: "{"), !options.isText else {
            // It says null.
            return options.isText
                ? nil : RequestFacts.Amendment(range: options.start..<options.start + options.bytes.count, bytes: Array("{\(wish)}".utf8))
        }
        var asked: [UInt8]?
        var inner = FieldScanner(FieldTree([("include_usage", 0, .scalar)]))
        options.bytes.withUnsafeBytes { bytes in inner.feed(bytes) { asked = $0.bytes } }
        switch asked.map({ String(decoding: $0, as: UTF8.self) }) {
        case "true": return nil
        case nil:
            let isEmpty = options.bytes.dropFirst().allSatisfy { [0x20, 0x0a, 0x0d, 0x09, UInt8(ascii: "}")].contains($0) }
            return RequestFacts.Amendment(
                range: options.start + 1..<options.start + 1, bytes: Array((wish + (isEmpty ? "" : ",")).utf8))
        default:
            // It says false: all of it is written anew, with what else stood there left out of nothing.
            guard let text = String(validating: options.bytes, as: UTF8.self),
                let match = text.firstMatch(of: /"include_usage"\s*:\s*[a-z]+/)
            else { return nil }
            let start = options.start + text[..<match.range.lowerBound].utf8.count
            let length = text[match.range].utf8.count
            return RequestFacts.Amendment(range: start..<start + length, bytes: Array(wish.utf8))
        }
    }
}
