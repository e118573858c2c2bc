/// The conditions of a request on which its price depends.
struct BillingTerms: Sendable, Hashable {
    /// The billing details that the response reports.
    var billing = Billing()
    /// The requested service tier, as the provider names it.
    var askedTier: String?
    /// When the request was made, in UTC milliseconds; `nil` counts as peak hours.
    var time: Int64?
}

extension Price {
    /// The cost of a usage under these conditions, and the reasons if it is an estimate.
    func bill(for usage: TokenUsage, on terms: BillingTerms) -> (cost: Money, reasons: Set<EstimateReason>) {
        var (rates, isKnown) = tierRates(terms, prompt: usage.prompt)
        if let region = terms.billing.region?.lowercased(), !["", "global", "not_available"].contains(region) {
            isKnown = isKnown && regions[region] != nil
            rates = rates.scaled(by: regions[region] ?? regions.values.max() ?? 1_000)
        }
        if let offPeak, let time = terms.time, offPeak.holds(at: time) { rates = rates.scaled(by: offPeak.factor) }
        var reasons: Set<EstimateReason> = isKnown ? [] : [.tier]
        if usage.webSearches > 0, search == nil { reasons.insert(.tool) }
        return (rates.cost(of: usage) + cost(ofSearches: usage.webSearches), reasons)
    }

    /// The rates of the tier that served the request, and whether they are known.
    private func tierRates(_ terms: BillingTerms, prompt: Int) -> (Rates, isKnown: Bool) {
        let usual = standard.step(for: prompt)?.rates ?? standard.rates
        let speed = terms.billing.speed?.lowercased()
        if let speed, speed != "standard" { return rates(of: speed, prompt, usual) }
        if let told = ServiceTier.name(terms.billing.tier) { return rates(of: told, prompt, usual) }
        // A requested tier that the response does not confirm may or may not have been used.
        guard terms.billing.tier == nil, let asked = ServiceTier.name(terms.askedTier) else { return (usual, true) }
        return (.highest(of: [usual, rates(of: asked, prompt, usual).0]), false)
    }

    private func rates(of tier: String, _ prompt: Int, _ usual: Rates) -> (Rates, isKnown: Bool) {
        guard let schedule = tiers[tier] ?? (tier == "fast" ? tiers["priority"] : nil) else {
            return (
                .highest(of: [usual] + tiers.filter { $0.key != "fast" }.map { $0.value.step(for: prompt)?.rates ?? $0.value.rates }), false
            )
        }
        if let step = schedule.step(for: prompt) { return (step.rates, true) }
        // The tier's rates are published for short prompts only.
        guard standard.step(for: prompt) == nil else { return (.highest(of: [usual, schedule.rates]), false) }
        return (schedule.rates, true)
    }
}
