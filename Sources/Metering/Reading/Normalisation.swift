/// Converts a provider's counts to SAM's, with one pure function for each format.
///
/// Formats differ in whether cached tokens are part of the input (OpenAI, Google, Mistral: yes; Anthropic: no) and whether reasoning is
/// part of the output (Google: no; xAI: its total tells; the others: yes). A part never exceeds its total: if a newer total came without
/// its parts, the older parts are cut to it.
extension WireFormat {
    /// Normalises a report.
    func usage(of report: UsageReport) -> TokenUsage {
        switch self {
        case .messages: Self.messages(report)
        case .chat, .responses, .gemini, .embeddings, .media: Self.inclusive(report)
        case .later, .unknown, .free:
            report[.cacheWrite] != nil || report[.cacheWrite5m] != nil || report[.cacheWrite1h] != nil
                ? Self.messages(report) : Self.inclusive(report)
        }
    }

    private static func messages(_ report: UsageReport) -> TokenUsage {
        let writes = CacheWrites(
            total: report.hasNewerParts ? nil : report[.cacheWrite], short: report[.cacheWrite5m], long: report[.cacheWrite1h])
        let output = report[.output] ?? 0
        return TokenUsage(
            input: report[.input] ?? 0, cacheRead: report[.cacheRead] ?? 0, cacheWrite: writes.short, cacheWriteLong: writes.long,
            output: output, reasoning: min(report[.reasoning] ?? 0, output), webSearches: report[.webSearches] ?? 0)
    }

    /// Cached tokens are part of the input. Only Google counts reasoning and the tools' part of the prompt separately.
    private static func inclusive(_ report: UsageReport) -> TokenUsage {
        let input = report[.input] ?? (report[.cacheHit] ?? 0) + (report[.cacheMiss] ?? 0)
        let cached = min(report[.cacheHit] ?? report[.cacheRead] ?? report[.cachedTokens] ?? 0, input)
        let written = min(report[.written] ?? 0, input - cached)
        let thoughts = report[.thoughts] ?? 0
        let told = report[.output] ?? 0
        let reasoning = report[.reasoning] ?? 0
        // xAI's total is the sum of input, output and reasoning. https://docs.x.ai/docs/guides/reasoning
        let isApart = reasoning > 0 && report[.total] == input + told + reasoning
        let output = told + thoughts + (isApart ? reasoning : 0)
        return TokenUsage(
            input: input - cached - written + (report[.toolPrompt] ?? 0), cacheRead: cached, cacheWrite: written, output: output,
            reasoning: min(max(reasoning, thoughts), output), webSearches: (report[.webSearches] ?? 0) + report.searches)
    }
}

/// Tokens written to a cache, by how long they stay there.
struct CacheWrites {
    var short: Int
    var long: Int

    /// Splits a total: tokens kept for an hour count up to the total, all others stay for five minutes. Without a total it is the sum of
    /// the parts.
    init(total: Int?, short: Int?, long: Int?) {
        let total = total ?? (short ?? 0) + (long ?? 0)
        self.long = min(long ?? 0, total)
        self.short = total - self.long
    }
}
