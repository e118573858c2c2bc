/// The price of each kind of token, in billionths of a dollar for a million tokens: every published price is a whole number of them.
public struct Rates: Sendable, Hashable {
    /// Input tokens that are not cached.
    public var input: Int64
    /// Input tokens read from a cache.
    public var cacheRead: Int64
    /// Input tokens written to a cache for a short time.
    public var cacheWrite: Int64
    /// Input tokens written to a cache for an hour or more.
    public var cacheWriteLong: Int64
    /// Output tokens.
    public var output: Int64

    /// Computes a rate for each kind.
    init(_ rate: (KeyPath<Rates, Int64>) -> Int64) {
        input = rate(\.input)
        cacheRead = rate(\.cacheRead)
        cacheWrite = rate(\.cacheWrite)
        cacheWriteLong = rate(\.cacheWriteLong)
        output = rate(\.output)
    }

    /// Creates rates. A missing rate is that of the input.
    public init(input: Int64, cacheRead: Int64? = nil, cacheWrite: Int64? = nil, cacheWriteLong: Int64? = nil, output: Int64) {
        self.input = input
        self.cacheRead = cacheRead ?? input
        self.cacheWrite = cacheWrite ?? input
        self.cacheWriteLong = cacheWriteLong ?? input
        self.output = output
    }

    static let nothing = Rates { _ in 0 }

    /// The rates times a factor in thousandths. Published factors give whole numbers for published rates.
    func scaled(by thousandths: Int64) -> Rates {
        guard thousandths != 1_000 else { return self }
        return Rates { self[keyPath: $0].saturatingMultiply(thousandths) / 1_000 }
    }

    /// The highest rate of each kind.
    static func highest(of rates: [Rates]) -> Rates {
        Rates { kind in rates.map { $0[keyPath: kind] }.max() ?? 0 }
    }

    /// The median rate of each kind.
    static func median(of rates: [Rates]) -> Rates {
        Rates { kind in
            let sorted = rates.map { $0[keyPath: kind] }.sorted()
            return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }
    }

    /// The cost of a usage's tokens, rounded up to a billionth.
    func cost(of usage: TokenUsage) -> Money {
        let parts: [(Int, Int64)] = [
            (usage.input, input), (usage.cacheRead, cacheRead), (usage.cacheWrite, cacheWrite), (usage.cacheWriteLong, cacheWriteLong),
            (usage.output, output),
        ]
        var sum: Int64 = 0
        for (tokens, rate) in parts { sum = sum.saturatingAdd(Int64(tokens).saturatingMultiply(rate)) }
        return Money(rawValue: sum / 1_000_000 + (sum % 1_000_000 > 0 ? 1 : 0))
    }
}

extension TokenUsage {
    /// All prompt tokens, which decide whether the rates for long prompts apply.
    var prompt: Int { input + cacheRead + cacheWrite + cacheWriteLong }
}
