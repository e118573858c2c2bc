import AgentProtocol

/// A request of Codex.
struct CodexRequest: Sendable, Hashable {
    enum Kind: Hashable {
        case approval
        /// A tool server asks through Codex; the answer has another form.
        case toolServer
        /// Questions, by their ids.
        case questions([String])
        /// Questions, by SAM's ids, that nothing waits for; their answers are sent as a prompt.
        case later(PromptID?, [Question])
    }

    struct Question: Hashable {
        var id: String
        var text: String
    }

    var kind: Kind
    /// The request's id; `nil` if nothing waits for an answer.
    var request: JSONValue?
    var thread: String
    var turn: String?
    /// The call that waits for it, by Codex's id.
    var item: String?
}
