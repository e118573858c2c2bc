import AgentProtocol

/// Assigns ids to messages of agents that send none: they are optional in version 1 of ACP.
///
/// Consecutive pieces belong together; a tool call, the end of a turn or a change of the role starts a new message.
struct MessageNumbering: Sendable, Hashable {
    private var count = 0
    private var current: MessageChunk.Role?

    /// The id for the next piece.
    mutating func identify(_ given: String?, _ role: MessageChunk.Role) -> String {
        if let given, !given.isEmpty { return given }
        if current != role {
            count += 1
            current = role
        }
        return "m\(count)"
    }

    /// Starts a new message with the next piece.
    mutating func breakOff() {
        current = nil
    }
}
