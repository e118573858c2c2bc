import AgentProtocol

/// What someone wrote to a session's agent.
public struct Prompt: Sendable, Hashable, Codable {
    public var id: PromptID
    public var text: String
    public var state: PromptState
    /// How many images go with it; `nil` for none.
    public var images: Int?
    /// UTC milliseconds.
    public var createdAt: Int64
}
