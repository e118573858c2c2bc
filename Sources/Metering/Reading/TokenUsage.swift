/// The tokens that a request used, in the same form for every provider.
///
/// The counts do not overlap: ``input`` excludes tokens read from or written to a cache. Only ``reasoning`` is a part of ``output``.
public struct TokenUsage: Sendable, Hashable, Codable {
    /// Input tokens that were not cached.
    public var input = 0
    /// Input tokens read from a cache.
    public var cacheRead = 0
    /// Input tokens written to a cache for five minutes, or for a time that the provider chooses.
    public var cacheWrite = 0
    /// Input tokens written to a cache for an hour.
    public var cacheWriteLong = 0
    /// All generated tokens, including reasoning.
    public var output = 0
    /// Output tokens of reasoning.
    public var reasoning = 0
    /// Searches made by the provider, which are billed separately.
    public var webSearches = 0

    /// All counts are zero.
    public init() {}

    /// Creates a usage from counts.
    public init(
        input: Int = 0, cacheRead: Int = 0, cacheWrite: Int = 0, cacheWriteLong: Int = 0, output: Int = 0, reasoning: Int = 0,
        webSearches: Int = 0
    ) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.cacheWriteLong = cacheWriteLong
        self.output = output
        self.reasoning = reasoning
        self.webSearches = webSearches
    }

    /// Adds another request's counts.
    public mutating func add(_ other: TokenUsage) {
        input += other.input
        cacheRead += other.cacheRead
        cacheWrite += other.cacheWrite
        cacheWriteLong += other.cacheWriteLong
        output += other.output
        reasoning += other.reasoning
        webSearches += other.webSearches
    }

    /// All tokens.
    public var total: Int { input + cacheRead + cacheWrite + cacheWriteLong + output }
}
