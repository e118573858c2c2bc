/// The most that one request can use. A custom endpoint may report anything, and what it reports beyond these limits does not count.
///
/// They are far above what the largest models do, so that they never affect a provider that reports what was used.
private enum CountLimits {
    /// Tokens of a prompt: the longest that a model reads (Llama 4 Scout, https://www.llama.com/models/llama-4/).
    static let prompt = 10_000_000
    /// Tokens of an answer, reasoning included: nearly twice the longest that a model of the price list gives.
    static let answer = 2_000_000
    /// Calls of tools at the provider.
    static let calls = 10_000
    /// How often the model can read its prompt and answer again, once after each call of a tool at the provider.
    static let turns = 100
}

extension UsageReading {
    /// Whether a request can have used what the response reports.
    func isPossible(for facts: RequestFacts) -> Bool {
        let calls = billing.tools.filter { !$0.key.hasSuffix("_tokens") && !$0.key.hasSuffix("_seconds") }.values.reduce(
            usage.webSearches, +)
        let turns = 1 + min(calls, CountLimits.turns)
        // A token of a body has at least one byte.
        let prompt = max(CountLimits.prompt * turns, facts.bytes)
        let answer = CountLimits.answer * turns * max(1, facts.answers)
        return calls <= CountLimits.calls
            && billing.tools.values.allSatisfy { $0 <= max(prompt, answer) }
            && ([usage] + attempts.map(\.usage)).allSatisfy { $0.prompt <= prompt && $0.output <= answer }
    }

    /// The reading without any count, so that its usage is estimated by its length.
    var disbelieved: UsageReading {
        var reading = self
        (reading.usage, reading.attempts, reading.billing.tools, reading.billing.cost) = (TokenUsage(), [], [:], nil)
        (reading.hasInput, reading.isWhole) = (false, false)
        reading.reasons.insert(.implausible)
        return reading
    }
}
