/// Reads what a request used from the bytes of its answer, while they pass by.
///
/// It never sees them before the client does, never changes them, and keeps next to nothing. A value: each answer has one,
/// on whatever thread relays it.
public struct UsageMeter: ~Copyable {
    private let format: WireFormat
    private let isStream: Bool
    private var decoder: ContentDecoder
    private var events = EventScanner()
    private var fields: FieldScanner
    private var report = UsageReport()
    private var sawEnd = false
    /// The first bytes of an event's data: those of chat completions end with an event that is no JSON.
    private var opening: [UInt8] = []
    private var bytes = 0

    /// Begins to read an answer.
    ///
    /// - Parameters:
    ///   - contentType: the answer's, which tells a stream of events from one text.
    ///   - contentEncoding: the answer's; what can't be decoded here is estimated by its length.
    public init(format: WireFormat, contentType: String?, contentEncoding: String?) {
        self.format = format
        isStream = contentType?.lowercased().hasPrefix("text/event-stream") ?? false
        decoder = ContentDecoder(contentEncoding)
        fields = FieldScanner(UsageReport.tree(format))
    }

    /// Takes the next bytes of the answer's body as they came.
    public mutating func feed(_ raw: UnsafeRawBufferPointer) {
        bytes += raw.count
        guard format != .free else { return }
        if decoder.isIdentity {
            read(raw)
        } else {
            for piece in decoder.decode(raw) { piece.withUnsafeBytes { read($0) } }
        }
    }

    private mutating func read(_ plain: UnsafeRawBufferPointer) {
        guard isStream else { return fields.feed(plain) { report.take($0) } }
        // Locals, because a mutating call can't lend two parts of itself at once.
        var events = self.events
        events.feed(plain) { part in
            switch part {
            case .data(let data):
                if opening.count < 8 { opening += data.prefix(8 - opening.count) }
                fields.feed(data) { report.take($0) }
            case .end:
                fields.finish { report.take($0) }
                fields.reset()
                noteEvent()
            }
        }
        self.events = events
    }

    /// An event is complete: was it the one after which no number changes?
    private mutating func noteEvent() {
        switch format {
        case .messages: sawEnd = sawEnd || report.type == "message_stop"
        case .responses:
            sawEnd = sawEnd || ["response.completed", "response.incomplete", "response.failed"].contains(report.type)
        case .chat: sawEnd = sawEnd || opening == Self.done
        case .gemini, .unknown, .free: break
        }
        opening.removeAll(keepingCapacity: true)
    }

    private static let done = [UInt8]("[DONE]".utf8)

    /// Ends the reading.
    ///
    /// - Parameter wasCut: whether the answer broke off before its end.
    public consuming func finish(wasCut: Bool) -> UsageReading {
        fields.finish { report.take($0) }
        let usage = format.usage(of: report)
        let isWhole =
            switch format {
            case .free: true
            case .chat: (sawEnd || !wasCut) && report[.output] != nil && report[.input] != nil
            case .messages, .responses: isStream ? sawEnd && !report.isEmpty : !wasCut && !report.isEmpty
            case .gemini, .unknown: !wasCut && !report.isEmpty
            }
        return UsageReading(
            usage: usage, model: report.model, isWhole: isWhole,
            hasInput: report[.input] != nil, attempts: report.attempts.compactMap { $0.reading(besides: report.model) },
            answerBytes: bytes, isStream: isStream)
    }
}

/// What was read from an answer.
public struct UsageReading: Sendable, Hashable {
    /// The counts that were told.
    public var usage: TokenUsage
    /// The model that answered, as it names itself.
    public var model: String?
    /// Whether the provider told all of it. If not, it is a part and has to be completed by an estimate.
    public var isWhole: Bool
    /// Whether the input was told, which comes first in some streams.
    var hasInput = false
    /// What was done inside of the request besides, which ``usage`` leaves out: other models' attempts, and passes that
    /// compacted the prompt.
    public var attempts: [ModelUsage] = []
    /// The bytes of the answer as they came.
    public var answerBytes: Int
    var isStream = false

    /// One model's part of a request.
    public struct ModelUsage: Sendable, Hashable {
        public var model: String
        public var usage: TokenUsage
    }

    /// The usage, completed by an estimate where the provider did not tell it.
    ///
    /// An estimate is meant to be rather too high than too low: about four bytes make a token of text; an event of a stream
    /// wraps a few tokens in a hundred bytes and more.
    ///
    /// - Parameter requestBytes: the length of the request's body.
    /// - Returns: the counts, and whether any of them is estimated.
    public func completed(requestBytes: Int) -> (usage: TokenUsage, isEstimated: Bool) {
        guard !isWhole else { return (usage, false) }
        var usage = usage
        if !hasInput { usage.input = max(usage.input, requestBytes / 4 + 1) }
        usage.output = max(usage.output, answerBytes / (isStream ? 16 : 4) + (answerBytes > 0 ? 1 : 0))
        return (usage, true)
    }
}

extension UsageReport.Attempt {
    fileprivate func reading(besides answering: String?) -> UsageReading.ModelUsage? {
        guard let model = model ?? answering, type == "compaction" || model != answering else { return nil }
        let long = cache_creation?.ephemeral_1h_input_tokens ?? 0
        return UsageReading.ModelUsage(
            model: model,
            usage: TokenUsage(
                input: input_tokens ?? 0, cacheRead: cache_read_input_tokens ?? 0,
                cacheWrite: cache_creation?.ephemeral_5m_input_tokens ?? max(0, (cache_creation_input_tokens ?? 0) - long),
                cacheWriteLong: long, output: output_tokens ?? 0))
    }
}
