/// What a request used and costs.
public struct Charge: Sendable, Hashable {
    public var usage: TokenUsage
    /// The model that answered, as it names itself, or the one that was asked for.
    public var model: String?
    public var cost: Money
    /// Whether any of it is estimated: a count that was not told, or the price of a model that is on no list.
    public var isEstimated: Bool
}

extension PriceList {
    /// Prices a reading.
    ///
    /// - Parameters:
    ///   - status: the answer's; 0 when there was none. Nobody bills an error or a redirect that tells of no usage.
    ///   - requested: the model that was asked for, for an answer that names none.
    ///   - requestBytes: the length of the request's body, for what was not told.
    public func charge(for reading: UsageReading, status: Int = 200, requested: String?, requestBytes: Int) -> Charge {
        guard reading.isWhole || status == 0 || (200..<300).contains(status) else {
            return Charge(usage: TokenUsage(), model: requested, cost: .zero, isEstimated: false)
        }
        let (usage, isEstimated) = reading.completed(requestBytes: requestBytes)
        let model = reading.model ?? requested
        let listed = model.flatMap(price)
        // A provider may name a model in another way than it is asked for and listed.
        let known = listed ?? requested.flatMap(price)
        guard usage != TokenUsage() || !reading.attempts.isEmpty else {
            return Charge(usage: usage, model: model, cost: .zero, isEstimated: isEstimated)
        }
        var cost = (known ?? dearest).cost(of: usage)
        var isGuessed = listed == nil
        var whole = usage
        // Each has its own model's price.
        for attempt in reading.attempts {
            let price = price(of: attempt.model)
            isGuessed = isGuessed || price == nil
            cost = cost + (price ?? dearest).cost(of: attempt.usage)
            whole.add(attempt.usage)
        }
        return Charge(usage: whole, model: model, cost: cost, isEstimated: isEstimated || isGuessed)
    }

    /// What a budget reserves for a request before it is made.
    public func reservation(for facts: RequestFacts) -> Money {
        (facts.model.flatMap(price) ?? dearest).reservation(
            requestBytes: facts.bytes, outputLimit: facts.outputLimit, answers: facts.answers)
    }
}
