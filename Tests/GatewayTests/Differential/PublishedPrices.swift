/// What a provider charges for one token of each kind, in trillionths of a dollar: a dollar a million is 1,000,000 of them.
struct PublishedRates: Equatable, Sendable {
    var input: Int
    var read: Int
    /// Of a token written to a cache of five minutes, or of the only cache that there is.
    var write: Int
    var writeLong: Int
    var output: Int

    /// - Parameters: dollars a million tokens. Who publishes no price of writing to a cache charges it as input.
    init(_ input: Double, read: Double? = nil, write: Double? = nil, writeLong: Double? = nil, output: Double) {
        self.input = Self.units(input)
        self.read = Self.units(read ?? input)
        self.write = Self.units(write ?? input)
        self.writeLong = Self.units(writeLong ?? write ?? input)
        self.output = Self.units(output)
    }

    private static func units(_ dollars: Double) -> Int { Int((dollars * 1_000_000).rounded()) }

    /// In trillionths of a dollar.
    func cost(of tokens: BilledTokens) -> Int {
        tokens.input * input + tokens.read * read + tokens.write * write + tokens.writeLong * writeLong + tokens.output * output
    }

    /// The higher one of each kind.
    func or(_ other: PublishedRates) -> PublishedRates {
        var rates = self
        for kind in Self.kinds { rates[keyPath: kind] = max(rates[keyPath: kind], other[keyPath: kind]) }
        return rates
    }

    /// A thousandth of a cent a million more.
    var raised: PublishedRates {
        var rates = self
        for kind in Self.kinds { rates[keyPath: kind] += 10 }
        return rates
    }

    private static var kinds: [WritableKeyPath<PublishedRates, Int>] { [\.input, \.read, \.write, \.writeLong, \.output] }
}

/// The rates of a tier, and those for long prompts where there are any.
struct PublishedTier: Sendable {
    var rates: PublishedRates
    var long: PublishedRates?

    init(_ rates: PublishedRates, long: PublishedRates? = nil) {
        self.rates = rates
        self.long = long
    }
}

/// A model as its provider's price page has it.
struct PublishedModel: Sendable {
    var vendor: Vendor
    /// The names under which it is asked for.
    var names: [String]
    var rates: PublishedRates
    /// Where another tier costs something else.
    var tiers: [ServiceTier: PublishedTier] = [:]
    /// A prompt of more than so many tokens is charged at other rates, all of it.
    var long: (above: Int, rates: PublishedRates)?
    /// Off the peak hours.
    var offPeak: PublishedRates?
    /// Dollars a million tokens of sound that is heard, where they differ from text.
    var sound: Int?
    /// Tokens cost a tenth more where they may be processed in the United States only.
    var hasRegion = false
    /// In trillionths of a dollar for a search by the provider.
    var search: Int?
    /// Any number of searches in a request costs once.
    var searchesOnce = false
    /// What it is for.
    var purpose = Purpose.conversation
    /// Each of its completions searches.
    var isSearch = false
}

/// The tier that an answer says it was served in, or that a request asks for.
enum ServiceTier: String, Sendable {
    case standard, flex, priority
    /// For contracts; it has no published price.
    case scale
}

/// Prices of a few models. They are in ``PriceBook/published``.
struct PriceBook: Sendable {
    var models: [PublishedModel]

    /// The same, but that one model costs a thousandth of a cent a million tokens more, and a search a millionth of a dollar.
    func wrong(at index: Int) -> PriceBook {
        var model = models[index]
        model.rates = model.rates.raised
        model.tiers = model.tiers.mapValues { PublishedTier($0.rates.raised, long: $0.long?.raised) }
        model.long = model.long.map { ($0.above, $0.rates.raised) }
        model.offPeak = model.offPeak?.raised
        model.search = model.search.map { $0 + 1_000_000 }
        var book = self
        book.models[index] = model
        return book
    }

    /// What a bill comes to.
    struct Cost: Sendable {
        /// In trillionths of a dollar; `nil` for a model without a price.
        var amount: Int?
        /// Whether the amount is the least, and the cost not known to the token.
        var isLeast = false
        /// Why it is not known for sure, by the names of the meter's reasons.
        var doubts: Set<String> = []
    }

    /// - Parameter index: the model's place in the book.
    func cost(of bill: Bill, model index: Int?, asked: ServiceTier?) -> Cost {
        if let told = bill.toldCost { return Cost(amount: told) }
        guard let model = index.map({ models[$0] }) else {
            return Cost(amount: nil, doubts: bill.tier ?? asked ?? .standard == .standard ? [] : ["tier"])
        }
        let isLong = model.long.map { bill.tokens.prompt > $0.above } ?? false
        let usual = isLong ? model.long?.rates ?? model.rates : model.offPeak ?? model.rates
        var cost = Cost()
        func rates(_ tier: ServiceTier) -> PublishedRates? {
            guard tier != .standard else { return usual }
            guard let tier = model.tiers[tier] else { return nil }
            return isLong ? tier.long : tier.rates
        }
        var chosen = usual
        if let told = bill.tier {
            if let known = rates(told) {
                chosen = known
            } else {
                cost = Cost(isLeast: true, doubts: ["tier"])
            }
        } else if let asked, asked != .standard {
            // It may have been served in either.
            cost.doubts = ["tier"]
            if let known = rates(asked) { chosen = usual.or(known) } else { cost.isLeast = true }
        }
        var amount = chosen.cost(of: bill.tokens)
        if let sound = model.sound, bill.sound > 0 {
            amount += bill.sound * (sound - model.rates.input)
            // Nor is what sound costs in other tiers.
            if bill.tier ?? asked ?? .standard != .standard {
                cost.isLeast = true
                cost.doubts.insert("tool")
            }
        }
        if bill.isInRegion, model.hasRegion { amount = amount / 10 * 11 }
        cost.amount = amount + (model.searchesOnce ? min(bill.searches, 1) : bill.searches) * (model.search ?? 0)
        return cost
    }
}
