import AgentProtocol

/// What is known of the messages and calls that it is in the middle of.
struct ClaudeSpeech: Hashable {
    /// A call whose result is not here yet.
    struct Call: Hashable {
        var tool: ClaudeTool
        /// The call whose sub-agent makes this one.
        var parent: String?
    }

    /// The message that comes in pieces.
    var streamed: String?
    /// What was told in pieces already and comes again as a whole.
    var told: Set<String> = []
    private var calls: [String: Call] = [:]

    // An agent can't fill our memory with calls.
    private static let limit = 1_000

    mutating func add(_ call: Call, _ id: String) {
        guard calls[id] != nil || calls.count < Self.limit else { return }
        calls[id] = call
    }

    mutating func take(_ id: String) -> Call? { calls.removeValue(forKey: id) }

    func parent(of call: String) -> String? { calls[call]?.parent }

    /// Those of sub-agents go on.
    mutating func turnEnded() {
        streamed = nil
        told = []
        calls = calls.filter { $0.value.parent != nil }
    }
}
