/// The result of reading a response.
public struct UsageReading: Sendable, Hashable {
    /// The reported counts.
    public var usage: TokenUsage
    /// The model that responded, as the response names it.
    public var model: String?
    /// Whether the provider reported all counts. If not, an estimate must complete them.
    public var isWhole: Bool
    /// The reasons for an estimate; empty if all counts were reported on a known path.
    public var reasons: Set<EstimateReason> = []
    /// The billing details that the response reports.
    public var billing = Billing()
    /// The state of a response of the Responses API; empty in other formats.
    public var response = ResponseState()
    /// Whether the input was reported; some streams report it first.
    var hasInput = false
    /// Parts of the request that ``usage`` excludes: attempts of other models, and passes that compacted the prompt.
    public var attempts: [ModelUsage] = []
    /// The length of the raw body, in bytes.
    public var answerBytes: Int
    var isStream = false
    var generates = WireFormat.Generated.text

    /// The usage of one model in a request.
    public struct ModelUsage: Sendable, Hashable {
        /// The model's name.
        public var model: String
        /// The tokens that it used.
        public var usage: TokenUsage
    }

    /// Estimated tokens for a second of speech, on the high side: https://platform.openai.com/docs/models/gpt-4o-transcribe costs $0.006 a
    /// minute at $6 a million tokens.
    static let tokensOfSecond = 17

    /// The usage, with an estimate for what the provider did not report.
    ///
    /// Estimates are on the high side: about 4 bytes are a token of text, and 100 bytes a token of a picture or recording; an event of a
    /// stream wraps a few tokens in 100 bytes and more.
    ///
    /// - Parameter requestBytes: the length of the request's body, in bytes.
    /// - Returns: the counts, and whether any of them is estimated.
    public func completed(requestBytes: Int) -> (usage: TokenUsage, isEstimated: Bool) {
        guard !isWhole else { return (usage, false) }
        var usage = usage
        let size = generates.bytesOfToken
        if !hasInput { usage.input = max(usage.input, requestBytes / size.request + 1) }
        if let bytes = isStream ? size.stream : size.answer {
            usage.output = max(usage.output, answerBytes / bytes + (answerBytes > 0 ? 1 : 0))
        }
        return (usage, true)
    }
}

extension WireFormat {
    /// The content of a response, for estimating tokens from its length.
    enum Generated: Sendable, Hashable {
        case text
        /// Pictures and speech.
        case media
        /// Numbers, or a job's start: no output tokens.
        case nothing

        /// The bytes for each token; `nil` if they give no tokens.
        var bytesOfToken: (request: Int, answer: Int?, stream: Int?) {
            switch self {
            case .text: (4, 4, 16)
            case .media: (100, 100, 100)
            case .nothing: (4, nil, nil)
            }
        }
    }

    var generates: Generated {
        switch self {
        case .messages, .chat, .responses, .gemini, .unknown, .free: .text
        case .media: .media
        case .embeddings, .later: .nothing
        }
    }
}
