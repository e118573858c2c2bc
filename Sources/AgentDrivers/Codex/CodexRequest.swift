import AgentProtocol

/// Something that Codex has asked.
struct CodexRequest: Sendable, Hashable {
    enum Kind: Hashable {
        case approval
        /// A tool server asks through Codex, which wants another form of answer.
        case toolServer
        /// Questions by their ids.
        case questions([String])
        /// Questions, by the ids that SAM gave them, whose answers are a prompt. Nothing waits for them.
        case later(PromptID?, [Question])
    }

    struct Question: Hashable {
        var id: String
        var text: String
    }

    var kind: Kind
    /// The request's id; `nil` where there is no request.
    var request: JSONValue?
    var thread: String
    var turn: String?
    /// The call that waits for it, by Codex's id.
    var item: String?
}
