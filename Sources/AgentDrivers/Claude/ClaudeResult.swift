import AgentProtocol

/// The result of a turn.
struct ClaudeResult {
    private let message: JSONValue

    init(_ message: JSONValue) {
        self.message = message
    }

    /// Whether the program started the turn by itself.
    var isFollowUp: Bool {
        guard case .object(let origin)? = message["origin"] else { return false }
        return origin["kind"] != "human"
    }

    /// The run of the task that started the turn.
    var run: String? { message["origin"]?["runId"]?.string }

    /// Terminal reasons that always count as failures.
    private static let failures: Set<String> = [
        "api_error", "model_error", "prompt_too_long", "image_error", "blocking_limit", "rapid_refill_breaker", "budget_exhausted",
    ]

    private var subtype: String { message["subtype"]?.string ?? "" }
    private var ending: String { message["terminal_reason"]?.string ?? "" }

    /// Whether the turn failed. Errors of the model's server arrive as a success with `is_error`.
    var hasFailed: Bool {
        message["is_error"] == true || subtype.hasPrefix("error") || Self.failures.contains(ending)
    }

    /// The error message, in the agent's words.
    var problem: String {
        let errors = (message["errors"]?.elements ?? []).prefix(10).compactMap(\.string).joined(separator: "\n")
        let words = [message["result"]?.string, errors, subtype].compactMap(\.self).first { !$0.isEmpty }
        if errors.isEmpty, ending == "budget_exhausted" || subtype == "error_max_budget_usd" { return "The agent's own budget is spent." }
        return (words ?? "It does not say why.").cut(to: 4_000)
    }

    func end(of prompt: PromptID, isCancelled: Bool, isFollowUp: Bool) -> TurnEnd {
        var end = TurnEnd(prompt: prompt, stopReason: "end_turn", isFollowUp: isFollowUp ? true : nil)
        if isCancelled || ending.hasPrefix("aborted") {
            end.stopReason = "cancelled"
        } else if message["stop_reason"] == "refusal" {
            end.stopReason = "refusal"
            end.error = hasFailed ? problem : nil
        } else if subtype == "error_max_turns" || ending == "max_turns" {
            end.stopReason = "max_turn_requests"
        } else if hasFailed {
            end.stopReason = "error"
            end.error = problem
        } else {
            end.stopReason = (message["stop_reason"]?.string ?? "end_turn").cut(to: 100)
        }
        return end
    }

    /// The turn's token usage and cost.
    var usage: AgentUsage? {
        guard let usage = message["usage"], let output = usage["output_tokens"]?.wholeNumber else { return nil }
        let input = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].compactMap { usage[$0]?.wholeNumber }
        return AgentUsage(input: input.reduce(0, &+), output: output, dollars: message["total_cost_usd"]?.anyNumber)
    }
}
