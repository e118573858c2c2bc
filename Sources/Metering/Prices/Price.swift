/// The price of a model, under every condition for which its provider publishes one.
public struct Price: Sendable, Hashable {
    /// The rates of a service tier, for usual and for long prompts.
    struct Schedule: Sendable, Hashable {
        var rates: Rates
        /// Other rates for the whole request if its prompt has more than `tokens` tokens, in ascending order.
        var steps: [Step] = []

        struct Step: Sendable, Hashable {
            var tokens: Int
            var rates: Rates
        }

        func step(for prompt: Int) -> Step? { steps.last { prompt > $0.tokens } }

        func scaled(by thousandths: Int64) -> Schedule {
            Schedule(
                rates: rates.scaled(by: thousandths), steps: steps.map { Step(tokens: $0.tokens, rates: $0.rates.scaled(by: thousandths)) })
        }

        /// The highest rates for any prompt.
        var highest: Rates { .highest(of: [rates] + steps.map(\.rates)) }
    }

    /// How searches are billed.
    enum SearchUnit: String, Sendable, Hashable {
        /// For each search.
        case search
        /// Once for a request with any number of searches.
        case request
    }

    var standard: Schedule
    /// Other tiers, by the names of ``ServiceTier``.
    var tiers: [String: Schedule] = [:]
    /// Factors in thousandths, by the region in which a model ran.
    var regions: [String: Int64] = [:]
    /// The discount outside of peak hours.
    var offPeak: OffPeak?
    /// The price of a search in billionths of a dollar; `nil` if unknown.
    var search: Int64?
    var searchUnit = SearchUnit.search
    /// The prices of a call of each other tool at the provider, in billionths of a dollar, by the names of ``ToolName``.
    var tools: [String: Int64] = [:]
    /// The most tokens that the model generates in one answer.
    public var most: Int

    /// The standard rates for prompts that are not long.
    public var rates: Rates { standard.rates }

    init(_ standard: Schedule, search: Int64? = nil, most: Int) {
        self.standard = standard
        self.search = search
        self.most = most
    }

    /// Free, like a rehearsal.
    static let nothing = Price(Schedule(rates: .nothing), search: 0, most: 1_024)

    /// The highest rates of several prices at the standard tier. From the lowest threshold for long prompts on, the highest rates of all
    /// their steps apply.
    init(dearestOf prices: [Price]) {
        let threshold = prices.flatMap(\.standard.steps).map(\.tokens).min()
        let highest = Rates.highest(of: prices.map(\.standard.highest))
        self.init(
            Schedule(
                rates: .highest(of: prices.map(\.standard.rates)),
                steps: threshold.map { [Schedule.Step(tokens: $0, rates: highest)] } ?? []),
            search: prices.compactMap(\.search).max(), most: prices.map(\.most).max() ?? 128_000)
    }

    /// The median of several prices, rate by rate.
    init(medianOf prices: [Price]) {
        let most = prices.map(\.most).sorted()
        self.init(
            Schedule(rates: .median(of: prices.map(\.standard.rates))), search: prices.compactMap(\.search).max(),
            most: most.isEmpty ? 128_000 : most[most.count / 2])
    }

    /// The cost of a usage at the standard tier.
    public func cost(of usage: TokenUsage) -> Money {
        (standard.step(for: usage.prompt)?.rates ?? standard.rates).cost(of: usage) + cost(ofSearches: usage.webSearches)
    }

    func cost(ofSearches count: Int) -> Money {
        let billed = searchUnit == .request ? min(count, 1) : count
        return Money(rawValue: Int64(billed).saturatingMultiply(search ?? 0))
    }

    /// The most that a request with a body of this length costs, which a budget reserves before the call.
    ///
    /// A token of text has a byte at the very least (digits, and what a tokenizer has no word for), every token of the prompt may be one that is written to the dearest cache, and
    /// the model may run in the dearest region.
    ///
    /// - Parameters:
    ///   - outputLimit: the most tokens that the request lets the model generate; `nil` for the model's own limit in each answer.
    ///   - answers: how many answers the request asks for.
    ///   - asked: the service tier and the speed that it asks for, as ``ServiceTier`` names them.
    public func reservation(requestBytes: Int, outputLimit: Int?, answers: Int = 1, asked: [String] = []) -> Money {
        // A cheaper tier may be full, and then the standard one answers.
        let schedules = [standard] + asked.flatMap { name in tiers[name].map { [$0] } ?? Array(tiers.values) }
        let region = max(1_000, regions.values.max() ?? 1_000)
        let highest = Rates.highest(of: schedules.map(\.highest)).scaled(by: region)
        let input = max(highest.input, highest.cacheRead, highest.cacheWrite, highest.cacheWriteLong)
        let (all, overflows) = most.multipliedReportingOverflow(by: answers)
        let output = max(0, min(outputLimit ?? (overflows ? .max : all), 1_000_000_000))
        return Rates(input: input, output: highest.output).cost(of: TokenUsage(input: max(1, requestBytes), output: output))
    }
}
