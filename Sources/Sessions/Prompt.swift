import AgentProtocol

/// A user's message to a session's agent.
public struct Prompt: Sendable, Hashable, Codable {
    /// The prompt's id.
    public var id: PromptID
    /// The text.
    public var text: String
    /// Its current state.
    public var state: PromptState
    /// The number of images; `nil` for none.
    public var images: Int?
    /// When it was written, in UTC milliseconds.
    public var createdAt: Int64
}
