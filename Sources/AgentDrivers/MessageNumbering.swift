import AgentProtocol

/// Gives ids to messages of agents that give none: version 1 of ACP makes them optional.
///
/// Pieces that follow each other belong together; a tool call, the end of a turn or a change of the speaker
/// begins a new message.
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

    /// What comes next is a new message.
    mutating func breakOff() {
        current = nil
    }
}
