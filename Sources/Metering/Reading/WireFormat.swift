import Store

/// How a provider's API reports what a request used.
public enum WireFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// Anthropic's Messages.
    case messages
    /// OpenAI's Chat Completions, and what Mistral and others made like it.
    case chat
    /// OpenAI's Responses.
    case responses
    /// Google's generateContent.
    case gemini
    /// A path that SAM does not know: whatever of the above shows up is read.
    case unknown
    /// A request that no provider bills: counting tokens, listing models.
    case free

    /// The format of a request.
    ///
    /// - Parameters:
    ///   - dialect: whose API it is, or is made like.
    ///   - method: the request's.
    ///   - path: the path as the provider knows it, without the query.
    public init(_ dialect: Dialect, method: String, path: some StringProtocol) {
        guard method == "POST" else {
            self = .free
            return
        }
        switch dialect {
        case .anthropic:
            self = path.hasSuffix("/messages") ? .messages : path.hasSuffix("/messages/count_tokens") ? .free : .unknown
        case .openai:
            self =
                path.hasSuffix("/chat/completions") || path.hasSuffix("/completions") || path.hasSuffix("/embeddings")
                ? .chat : path.hasSuffix("/responses") || path.hasSuffix("/responses/compact") ? .responses : .unknown
        case .google:
            self =
                path.contains(":generateContent") || path.contains(":streamGenerateContent")
                ? .gemini : path.hasSuffix(":countTokens") ? .free : .unknown
        }
    }
}

/// Whose API a provider speaks: it says where a key goes, how errors look and how usage is told.
public enum Dialect: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    case anthropic, openai, google
}
