/// Reads the usage of a request from its response's body as it is forwarded.
///
/// It never delays or changes the body, and buffers little. A value, one for each response; not tied to a thread.
public struct UsageMeter: ~Copyable {
    private let format: WireFormat
    private let isStream: Bool
    /// Whether the body is a single JSON text, which shows its own end.
    private let isText: Bool
    private let decoder: ContentDecoder
    private var events = EventScanner()
    private var fields: FieldScanner
    private var report = UsageReport()
    private var sawEnd = false
    /// The first bytes of an event's data: the last event of a chat completion, `[DONE]`, is not JSON.
    private var opening: [UInt8] = []
    private var bytes = 0

    /// Creates a meter for a response.
    ///
    /// - Parameters:
    ///   - contentType: the response's; tells an event stream from a single text.
    ///   - contentEncoding: the response's, all header lines joined by commas; if it can't be decoded, usage is estimated by length.
    public init(format: WireFormat, contentType: String?, contentEncoding: String?) {
        self.format = format
        let type = contentType?.lowercased() ?? ""
        isStream = type.hasPrefix("text/event-stream")
        isText = type.hasPrefix("application/json")
        // Free requests are not read, so they need no decoder.
        decoder = ContentDecoder(format == .free ? nil : contentEncoding)
        fields = FieldScanner(UsagePlaces.tree(format))
    }

    /// Reads the next raw bytes of the body.
    public mutating func feed(_ raw: UnsafeRawBufferPointer) {
        bytes += raw.count
        guard format != .free else { return }
        if decoder.isIdentity { return read(raw) }
        let decoder = decoder
        decoder.decode(raw) { read($0) }
    }

    private mutating func read(_ plain: UnsafeRawBufferPointer) {
        guard isStream else { return fields.feed(plain) { report.take($0) } }
        // A local copy, because both parts can't be mutated through `self` at once.
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

    /// Ends an event and notes whether it is the one after which no count changes.
    private mutating func noteEvent() {
        report.endText(isEvent: true)
        switch format {
        // What follows the final counts adds nothing to them.
        case .messages: sawEnd = sawEnd || report.type == "message_stop" || report.hasFinalCounts
        case .responses:
            sawEnd = sawEnd || ["response.completed", "response.incomplete", "response.failed"].contains(report.type)
        // Mistral's conversations end with an event: https://docs.mistral.ai/api/endpoint/beta/conversations
        case .chat: sawEnd = sawEnd || opening == Self.done || report.type == "conversation.response.done" || report.hasFinalCounts
        case .gemini, .embeddings, .media, .later, .unknown, .free: break
        }
        opening.removeAll(keepingCapacity: true)
    }

    private static let done = [UInt8]("[DONE]".utf8)

    /// Ends the reading.
    ///
    /// - Parameter wasCut: whether the response broke off before its end.
    public consuming func finish(wasCut: Bool) -> UsageReading {
        fields.finish { report.take($0) }
        // The counts of an event that broke off may be old ones and new ones mixed.
        let isTorn = fields.isUnfinished
        if !isStream {
            report.endText(isEvent: false)
        } else if events.hasData, !isTorn {
            // Only the empty line after the event is missing.
            noteEvent()
        }
        let isUnreadable = !decoder.isReadable
        // A call that failed before it generated anything is not billed. Its usage may follow its error.
        let isNothing = report.hasFailed && report.isEmpty && !report.hasStreamed && !isUnreadable && !isTorn
        // The framing can be complete while the text in it is not, and a plain text while the framing is not.
        let isCut = isTorn || decoder.isUnfinished || wasCut && !(isText && !report.isEmpty)
        let isWhole = isNothing || !isUnreadable && tellsAll(isCut: isCut)
        var reasons: Set<EstimateReason> = format == .unknown ? [.path] : []
        if !isWhole {
            let isDamaged = isUnreadable || decoder.isUnfinished && !wasCut
            reasons.insert(isDamaged ? .coding : wasCut || isTorn || report.hasFailed || isEndless() ? .cut : .untold)
        }
        // What the provider says it costs may be a part of the sum.
        if isTorn, !isWhole { report.forgetCost() }
        var usage = format.usage(of: report)
        if format == .media, let seconds = report[.seconds] { usage.input = max(usage.input, seconds * UsageReading.tokensOfSecond) }
        return UsageReading(
            usage: usage, model: report.model, isWhole: isWhole, reasons: reasons, billing: report.billing(format),
            response: report.response, hasInput: report.hasInput || format == .media && report[.seconds] != nil,
            attempts: report.attempts.compactMap { $0.reading(besides: report.model) }, answerBytes: bytes, isStream: isStream,
            generates: format.generates)
    }

    /// Whether it is a stream of a format with a last event or an end of the answer, and neither was read.
    private borrowing func isEndless() -> Bool {
        switch format {
        case .messages, .chat, .responses, .gemini: isStream && !sawEnd && !report.hasEnded
        case .embeddings, .media, .later, .unknown, .free: false
        }
    }

    /// Whether every count of the format was reported.
    private borrowing func tellsAll(isCut: Bool) -> Bool {
        switch format {
        case .free: true
        // Some servers send no last event, and some report counts while they grow.
        case .chat:
            report[.output] != nil && report.hasInput
                && (isStream ? sawEnd || !isCut && report.hasEnded : !isCut)
        case .messages, .responses: !report.isEmpty && (isStream ? sawEnd : !isCut)
        case .embeddings: !isCut && report.hasInput
        case .media: !isCut && report[.input] != nil && report[.output] != nil
        // The response to starting a job does not include the job's usage.
        case .later: false
        case .gemini: !isCut && !report.isEmpty && (report.hasEnded || !isStream)
        case .unknown: !isCut && !report.isEmpty
        }
    }
}

extension UsageReport.Attempt {
    fileprivate func reading(besides answering: String?) -> UsageReading.ModelUsage? {
        guard let model = model ?? answering, type == "compaction" || type == "advisor_message" || model != answering else { return nil }
        let writes = CacheWrites(
            total: cache_creation_input_tokens.map { UsageReport.count($0) },
            short: UsageReport.count(cache_creation?.ephemeral_5m_input_tokens),
            long: UsageReport.count(cache_creation?.ephemeral_1h_input_tokens))
        return UsageReading.ModelUsage(
            model: model,
            usage: TokenUsage(
                input: UsageReport.count(input_tokens), cacheRead: UsageReport.count(cache_read_input_tokens), cacheWrite: writes.short,
                cacheWriteLong: writes.long, output: UsageReport.count(output_tokens)))
    }
}
