import AgentProtocol

/// State of the messages and calls in progress.
struct ClaudeSpeech: Hashable {
    /// A call whose result has not arrived.
    struct Call: Hashable {
        var tool: ClaudeTool
        /// The call whose sub-agent makes this one.
        var parent: String?
    }

    /// The id of the message that is being streamed.
    var streamed: String?
    /// Messages that were emitted in pieces and arrive again as a whole.
    var told: Set<String> = []
    private var calls: [String: Call] = [:]

    // Bounds the memory that an agent can use.
    private static let limit = 1_000

    mutating func add(_ call: Call, _ id: String) {
        guard calls[id] != nil || calls.count < Self.limit else { return }
        calls[id] = call
    }

    mutating func take(_ id: String) -> Call? { calls.removeValue(forKey: id) }

    func parent(of call: String) -> String? { calls[call]?.parent }

    /// Clears the state, except for the calls of sub-agents, which continue.
    mutating func turnEnded() {
        streamed = nil
        told = []
        calls = calls.filter { $0.value.parent != nil }
    }
}
