/// What a request used, in tokens, the same for every provider.
///
/// The parts do not overlap: what was read from a cache or written to one is not in ``input``. ``reasoning`` alone is a part
/// of ``output``.
public struct TokenUsage: Sendable, Hashable, Codable {
    /// Read anew.
    public var input = 0
    public var cacheRead = 0
    /// Written to a cache that lasts five minutes, or for as long as the provider chooses.
    public var cacheWrite = 0
    /// Written to a cache that lasts an hour.
    public var cacheWriteLong = 0
    /// Everything that was generated, thoughts among it.
    public var output = 0
    /// How much of the output was thought and not said.
    public var reasoning = 0
    /// Searches that the provider made, which are billed one by one.
    public var webSearches = 0

    /// Nothing was used.
    public init() {}

    /// Names the counts.
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

    /// All tokens together.
    public var total: Int { input + cacheRead + cacheWrite + cacheWriteLong + output }
}
