/// What a model's tokens cost. Amounts are billionths of a dollar for a million tokens, which makes every published price a
/// whole number.
public struct Price: Sendable, Hashable {
    /// The price of each kind of token.
    public struct Rates: Sendable, Hashable {
        var input: Int64
        var cacheRead: Int64
        var cacheWrite: Int64
        var cacheWriteLong: Int64
        var output: Int64
    }

    /// The prices of a request whose prompt is longer than so many tokens.
    public struct LongPrompt: Sendable, Hashable {
        var tokens: Int
        var rates: Rates
    }

    var rates: Rates
    var above: LongPrompt?
    /// Billionths of a dollar for a search.
    var search: Int64
    /// The most tokens that the model generates.
    public var most: Int

    init(rates: Rates, above: LongPrompt? = nil, search: Int64 = 0, most: Int) {
        self.rates = rates
        self.above = above
        self.search = search
        self.most = most
    }

    /// As dear as the dearest of several in every respect.
    init(dearestOf prices: [Price]) {
        let rates = prices.map(\.rates) + prices.compactMap { $0.above?.rates }
        func most(_ rate: (Rates) -> Int64) -> Int64 { rates.map(rate).max() ?? 0 }
        self.init(
            rates: Rates(
                input: most(\.input), cacheRead: most(\.cacheRead), cacheWrite: most(\.cacheWrite),
                cacheWriteLong: most(\.cacheWriteLong), output: most(\.output)),
            search: prices.map(\.search).max() ?? 0, most: prices.map(\.most).max() ?? 128_000)
    }

    /// What a usage costs. A part of a billionth counts as a whole one.
    public func cost(of usage: TokenUsage) -> Money {
        let prompt = usage.input + usage.cacheRead + usage.cacheWrite + usage.cacheWriteLong
        let rates = above.flatMap { prompt > $0.tokens ? $0.rates : nil } ?? rates
        let parts: [(Int, Int64)] = [
            (usage.input, rates.input), (usage.cacheRead, rates.cacheRead), (usage.cacheWrite, rates.cacheWrite),
            (usage.cacheWriteLong, rates.cacheWriteLong), (usage.output, rates.output),
        ]
        var sum: Int64 = 0
        for (tokens, rate) in parts { sum = sum.saturatingAdd(Int64(tokens).saturatingMultiply(rate)) }
        let millionths = sum / 1_000_000 + (sum % 1_000_000 > 0 ? 1 : 0)
        return Money(rawValue: millionths.saturatingAdd(Int64(usage.webSearches).saturatingMultiply(search)))
    }

    /// An amount that a request with so long a body costs at most: what a budget reserves before the call.
    ///
    /// A token of text has two bytes at the very least, and every token of the prompt may be one that is written to the
    /// dearest cache.
    ///
    /// - Parameters:
    ///   - outputLimit: the most tokens that the request lets the model generate; `nil` for the model's own most in each answer.
    ///   - answers: how many answers the request asks for.
    public func reservation(requestBytes: Int, outputLimit: Int?, answers: Int = 1) -> Money {
        let dearest = [rates, above?.rates].compactMap(\.self)
        let input = dearest.flatMap { [$0.input, $0.cacheWrite, $0.cacheWriteLong] }.max() ?? 0
        let output = dearest.map(\.output).max() ?? 0
        let price = Price(
            rates: Rates(input: input, cacheRead: input, cacheWrite: input, cacheWriteLong: input, output: output), most: most)
        return price.cost(of: TokenUsage(input: requestBytes / 2 + 1, output: max(0, min(outputLimit ?? most * answers, 1_000_000_000))))
    }
}
