/// The usage and cost of a request.
public struct Charge: Sendable, Hashable {
    /// The tokens used.
    public var usage: TokenUsage
    /// The model that responded, as the response names it, or the requested one.
    public var model: String?
    /// The cost by the platform's price list, which counts at the user's and the platform's budgets.
    public var cost: Money
    /// The cost by the project's own prices, which counts at its budget; `nil` if it has none for the models.
    public var projectCost: Money?
    /// The part of the cost for searches and tools, which a project's own price of the model does not include.
    public var extras = Money.zero
    /// The reasons for an estimate; empty if every count was reported and every price is known.
    public var reasons: Set<EstimateReason> = []

    /// Whether any of it is estimated.
    public var isEstimated: Bool { !reasons.isEmpty }

    /// The cost at each layer.
    public var amount: LayeredMoney { LayeredMoney(cost, project: projectCost) }
}

extension PriceList {
    /// The output limit assumed for a model without a price if the request names none, in tokens.
    static let unknownOutput = 32_000

    /// Computes the cost of a reading.
    ///
    /// - Parameters:
    ///   - status: the response's status; 0 if there was none. Errors and redirects that report no usage are not billed.
    ///   - facts: the request, for what the response does not report.
    ///   - provider: the id of the provider.
    ///   - own: the prices of the project that pays.
    ///   - time: when the request was made, in UTC milliseconds; `nil` counts as peak hours.
    public func charge(
        for reading: UsageReading, status: Int = 200, facts: RequestFacts, provider: String, own: ProjectPrices = .none,
        at time: Int64? = nil
    ) -> Charge {
        guard reading.isWhole || status == 0 || (200..<300).contains(status) else {
            return Charge(usage: TokenUsage(), model: facts.model, cost: .zero)
        }
        let reading = reading.isPossible(for: facts) ? reading : reading.disbelieved
        let (usage, _) = reading.completed(requestBytes: facts.bytes)
        let model = reading.model ?? facts.model
        guard usage != TokenUsage() || !reading.attempts.isEmpty || !reading.billing.tools.isEmpty || reading.billing.cost != nil else {
            return Charge(usage: usage, model: model, cost: .zero, reasons: reading.reasons)
        }
        let terms = BillingTerms(billing: reading.billing, askedTier: facts.tier, time: time)
        var charge = Charge(usage: usage, model: model, cost: .zero, reasons: reading.reasons)
        let quote = quote(answered: reading.model, asked: facts.model, at: provider)
        let (calls, areKnown) = quote.price.cost(ofTools: reading.billing.tools, besides: usage, on: terms)
        charge.add(usage, quote, own.price(answered: reading.model, asked: facts.model), terms)
        charge.add(calls)
        charge.extras = calls + quote.price.cost(ofSearches: usage.webSearches)
        if !areKnown { charge.reasons.insert(.tool) }
        // Each attempt is priced by its own model.
        for attempt in reading.attempts {
            charge.add(attempt.usage, self.quote(of: attempt.model, at: provider), own.price(of: attempt.model), terms)
            charge.usage.add(attempt.usage)
        }
        // A cost that the provider reports takes precedence over price lists.
        if let told = reading.billing.cost {
            charge.cost = told
            charge.reasons = reading.reasons
        }
        return charge
    }

    /// What a usage costs above the price without a tier, if the answer does not say whether the tier was used that was asked for.
    func surcharge(
        on usage: TokenUsage, of model: String?, at provider: String, askedTier: String?
    ) -> (cost: Money, reasons: Set<EstimateReason>) {
        let price = quote(of: model, at: provider).price
        let (usual, usualReasons) = price.bill(for: usage, on: BillingTerms())
        let (asked, reasons) = price.bill(for: usage, on: BillingTerms(askedTier: askedTier))
        return (asked - usual, reasons.subtracting(usualReasons))
    }

    /// The quote for the model that responded. If that is not listed, the requested model's price is used as an estimate: a provider may
    /// name the same model differently in its response.
    private func quote(answered: String?, asked: String?, at provider: String) -> Quote {
        let quote = quote(of: answered ?? asked, at: provider)
        // What only begins like a listed one is another product, and costs as the dearest of its family.
        guard answered != nil, quote.basis == .unknown, let asked else { return quote }
        let other = self.quote(of: asked, at: provider)
        return other.isPriced ? Quote(price: other.price, basis: .similar) : quote
    }

    /// The amount that a budget reserves for a request before it is sent.
    ///
    /// - Parameters:
    ///   - provider: the id of the provider.
    ///   - own: the prices of the project that pays.
    public func reservation(for facts: RequestFacts, provider: String, own: ProjectPrices = .none) -> LayeredMoney {
        let quote = quote(of: facts.model, at: provider)
        let asked = [facts.tier, facts.speed].compactMap(ServiceTier.name)
        var limit = facts.outputLimit
        if limit == nil, quote.basis == .unknown {
            limit = min(quote.price.most, Self.unknownOutput).multipliedReportingOverflow(by: facts.answers).partialValue
        }
        // A project's own price has no searches, so they cost the same at each layer.
        let calls = facts.toolCalls.reduce(Money.zero) { $0 + quote.price.most(ofCalls: $1.value, of: $1.key, dearest: dearest.search) }
        func most(_ price: Price, _ limit: Int?) -> Money {
            price.reservation(requestBytes: facts.bytes, outputLimit: limit, answers: facts.answers, asked: asked) + calls
        }
        return LayeredMoney(most(quote.price, limit), project: facts.model.flatMap(own.price).map { most($0, facts.outputLimit ?? limit) })
    }

    /// Whether a price list or the project has a price for a model.
    public func isPriced(_ model: String?, provider: String, own: ProjectPrices = .none) -> Bool {
        quote(of: model, at: provider).isPriced || model.flatMap(own.price) != nil
    }
}

extension Charge {
    fileprivate mutating func add(_ usage: TokenUsage, _ quote: Quote, _ own: Price?, _ terms: BillingTerms) {
        let (cost, reasons) = quote.price.bill(for: usage, on: terms)
        // From the first attempt with a project price on, the project's cost is counted separately.
        if own != nil, projectCost == nil { projectCost = self.cost }
        self.projectCost = projectCost.map { $0 + (own.map { $0.cost(of: usage, searchedAs: quote.price) } ?? cost) }
        self.cost = self.cost + cost
        self.reasons.formUnion(reasons)
        if let reason = quote.reason { self.reasons.insert(reason) }
    }

    fileprivate mutating func add(_ calls: Money) {
        cost = cost + calls
        projectCost = projectCost.map { $0 + calls }
    }
}

extension ProjectPrices {
    fileprivate func price(answered: String?, asked: String?) -> Price? { answered.flatMap(price) ?? asked.flatMap(price) }
}

extension Price {
    /// The cost of a usage; searches without a price of their own are priced by `other`.
    fileprivate func cost(of usage: TokenUsage, searchedAs other: Price) -> Money {
        cost(of: usage) + (search == nil ? other.cost(ofSearches: usage.webSearches) : .zero)
    }

    /// The cost of tool calls at the provider, and whether every tool has a known price.
    fileprivate func cost(ofTools calls: [String: Int], besides usage: TokenUsage, on terms: BillingTerms) -> (cost: Money, areKnown: Bool)
    {
        var sum = Money.zero
        var areKnown = true
        for (name, count) in calls where count > 0 {
            let isOfTokens = name.hasSuffix("_tokens")
            if let price = tools[ToolName.name(name)] {
                sum = sum + Money(rawValue: Int64(count).saturatingMultiply(price))
                // Cached audio tokens and audio tokens in other tiers have prices of their own.
                let isUsual = usage.cacheRead == 0 && ServiceTier.name(terms.billing.tier ?? terms.askedTier) == nil
                if isOfTokens, price > 0, !isUsual { areKnown = false }
            } else if ToolName.name(name) == "web_search", let search {
                sum = sum + Money(rawValue: Int64(count).saturatingMultiply(search))
            } else {
                areKnown = false
                if isOfTokens { sum = sum + surcharge(of: count, isInput: name.hasPrefix("input")) }
            }
        }
        return (sum, areKnown)
    }

    /// The most that so many calls of a search tool cost; a search without a price is taken to cost as much as the dearest one.
    fileprivate func most(ofCalls count: Int, of tool: String, dearest: Int64?) -> Money {
        let isOfRequest = searchUnit == .request && tool == "web_search"
        let price = tools[tool] ?? (tool == "web_search" ? search : nil) ?? dearest ?? 0
        return Money(rawValue: Int64(isOfRequest ? min(count, 1) : count).saturatingMultiply(price))
    }

    /// The most that audio or image tokens can cost above text tokens: no provider charges more than 16 times as much
    /// (https://developers.openai.com/api/docs/pricing).
    private func surcharge(of count: Int, isInput: Bool) -> Money {
        let rate = isInput ? rates.input : rates.output
        return Money(rawValue: Int64(count).saturatingMultiply(rate.saturatingMultiply(15)) / 1_000_000)
    }
}
