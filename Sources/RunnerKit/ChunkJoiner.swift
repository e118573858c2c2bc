import AgentProtocol

/// Joins consecutive chunks of one message, so that an agent that streams word by word does not produce an event per word. Neither text nor
/// order is lost.
struct ChunkJoiner: Sendable {
    private let limit: Int
    private var waiting: MessageChunk?

    init(limit: Int = 8 << 10) {
        self.limit = limit
    }

    /// Whether a chunk is held back.
    var isHolding: Bool { waiting != nil }

    /// Adds an event and returns those that are due now, in order.
    mutating func add(_ event: AgentEvent) -> [AgentEvent] {
        guard case .message(let chunk) = event else { return flush() + [event] }
        guard var held = waiting, held.id == chunk.id, held.role == chunk.role, held.parent == chunk.parent else {
            let due = flush()
            waiting = chunk
            return due
        }
        held.text += chunk.text
        waiting = held
        return held.text.utf8.count >= limit ? flush() : []
    }

    /// Releases the chunk that is held back.
    mutating func flush() -> [AgentEvent] {
        defer { waiting = nil }
        return waiting.map { [.message($0)] } ?? []
    }
}
