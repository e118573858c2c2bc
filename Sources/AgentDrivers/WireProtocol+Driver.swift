import AgentProtocol

extension WireProtocol {
    /// Creates a driver for a conversation.
    public func driver(for conversation: Conversation) -> any AgentDriver {
        switch self {
        case .acp, .oneShot: ACPDriver(conversation)
        case .claudeStreamJSON: ClaudeDriver(conversation)
        case .codexAppServer: CodexDriver(conversation)
        }
    }
}
