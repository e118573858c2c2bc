/// What an agent's driver is told of the conversation that it opens.
public struct Conversation: Sendable, Hashable, Codable {
    /// The absolute path of the checkout, as the agent sees it.
    public var workingDirectory: String
    /// What the agent may do without asking.
    public var permissions: PermissionMode

    /// Describes a conversation.
    public init(workingDirectory: String, permissions: PermissionMode) {
        self.workingDirectory = workingDirectory
        self.permissions = permissions
    }
}
