import AgentProtocol

/// A request of Claude Code that waits for an answer.
struct ClaudeRequest: Hashable {
    enum Subject: Hashable {
        /// To use a tool.
        case tool(ClaudePermission)
        /// To leave plan mode with its plan.
        case plan(JSONValue)
        /// Questions to a person.
        case questions(ClaudeQuestions)
    }

    /// The control request's id.
    var id: String
    var subject: Subject
    /// Whether a sub-agent asks.
    var isOfSubAgent: Bool
}
