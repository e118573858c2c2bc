import Store

/// The kind of a request to a provider, and how its response reports usage.
public enum WireFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// Anthropic's Messages.
    case messages
    /// OpenAI's Chat Completions and compatible APIs, such as Mistral's.
    case chat
    /// OpenAI's Responses.
    case responses
    /// Google's generateContent.
    case gemini
    /// Embeddings and classifications: input tokens, no output tokens.
    case embeddings
    /// Pictures, speech and recordings, which are billed by their own measures and only sometimes report tokens.
    case media
    /// Work that starts now and is billed later or elsewhere: batches, training, runs, live sessions.
    case later
    /// An unknown path: any usage of the formats above is read.
    case unknown
    /// A request that is not billed: counting tokens, listing models, files.
    case free

    /// Determines the format of a request.
    ///
    /// - Parameters:
    ///   - dialect: the API that the provider speaks.
    ///   - provider: the provider's id; known providers have tables of their own.
    ///   - method: the request's method. Requests that only read or delete are free.
    ///   - path: the path as the provider knows it, without the query.
    public init(_ dialect: Dialect, provider: String, method: String, path: some StringProtocol) {
        switch method {
        case "GET", "HEAD", "DELETE", "OPTIONS": self = .free
        default: self = PathTable.of(dialect, provider: provider).format(of: path) ?? .unknown
        }
    }

    /// Whether the most that such a request can cost is known beforehand, so that a budget can reserve it.
    public var isBounded: Bool {
        switch self {
        case .messages, .chat, .responses, .gemini, .embeddings, .free: true
        case .media, .later, .unknown: false
        }
    }
}

/// The API that a provider speaks: it decides where the key goes, how errors look and how usage is reported.
public enum Dialect: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    /// Anthropic's, OpenAI's or Google's API.
    case anthropic, openai, google
}
