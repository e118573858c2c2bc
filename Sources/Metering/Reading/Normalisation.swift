/// From what a provider counts to what SAM counts: one pure function a format.
///
/// What differs is whether cached tokens are part of the input (OpenAI, Google, Mistral: yes; Anthropic: no) and whether
/// thoughts are part of the output (Google: no; the others: yes).
extension WireFormat {
    /// Normalises a report.
    func usage(of report: UsageReport) -> TokenUsage {
        switch self {
        case .messages: Self.messages(report)
        case .chat, .responses, .gemini: Self.inclusive(report)
        case .unknown, .free:
            report[.cacheWrite] != nil || report[.cacheWrite5m] != nil ? Self.messages(report) : Self.inclusive(report)
        }
    }

    private static func messages(_ report: UsageReport) -> TokenUsage {
        let long = report[.cacheWrite1h] ?? 0
        // Where the total is all that is told, it was written for five minutes.
        let short = report[.cacheWrite5m] ?? max(0, (report[.cacheWrite] ?? 0) - long)
        return TokenUsage(
            input: report[.input] ?? 0, cacheRead: report[.cacheRead] ?? 0, cacheWrite: short, cacheWriteLong: long,
            output: report[.output] ?? 0, reasoning: report[.reasoning] ?? 0, webSearches: report[.webSearches] ?? 0)
    }

    /// Cached tokens are a part of the input. Only Google counts thoughts and the tools' part of the prompt apart.
    private static func inclusive(_ report: UsageReport) -> TokenUsage {
        let cached = min(report[.cacheRead] ?? 0, report[.input] ?? 0)
        let thoughts = report[.thoughts] ?? 0
        return TokenUsage(
            input: (report[.input] ?? 0) - cached + (report[.toolPrompt] ?? 0), cacheRead: cached,
            output: (report[.output] ?? 0) + thoughts, reasoning: report[.reasoning] ?? thoughts)
    }
}
