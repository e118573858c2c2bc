import AgentProtocol

extension WireProtocol {
    /// A driver for a new conversation.
    public func driver(for conversation: Conversation) -> any AgentDriver {
        switch self {
        case .acp, .oneShot: ACPDriver(conversation)
        case .claudeStreamJSON: ClaudeDriver(conversation)
        case .codexAppServer: CodexDriver(conversation)
        }
    }
}
