import AgentProtocol

extension WireProtocol {
    /// A driver for a new conversation.
    ///
    /// - Parameter workingDirectory: the absolute path of the checkout, as the agent sees it.
    public func driver(workingDirectory: String) -> any AgentDriver {
        switch self {
        case .acp: ACPDriver(workingDirectory: workingDirectory)
        case .claudeStreamJSON: ClaudeDriver()
        case .codexAppServer: CodexDriver(workingDirectory: workingDirectory)
        }
    }
}
