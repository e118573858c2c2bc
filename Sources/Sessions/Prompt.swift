import AgentProtocol

/// What someone wrote to a session's agent.
public struct Prompt: Sendable, Hashable, Codable {
    public var id: PromptID
    public var text: String
    public var state: PromptState
    /// UTC milliseconds.
    public var createdAt: Int64
}
