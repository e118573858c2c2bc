import AgentProtocol

/// The tool calls of a turn, as an agent of the Agent Client Protocol described them, for its permission requests: some agents send only a
/// call's id with a request, and some describe the call only in its raw input.
struct KnownCalls: Sendable, Hashable {
    private struct Call: Hashable {
        var title: String?
        var kind: String?
        var locations: [ACP.Location]?
        var input: [String: JSONValue] = [:]

        mutating func take(_ fields: JSONValue) {
            title = fields["title"]?.string ?? title
            kind = fields["kind"]?.string ?? kind
            locations = (try? fields["locations"]?.decoded()) ?? locations
            // Only the fields that a request needs: an input can hold a whole file.
            for name in ["command", "file_path", "filePath", "path"] { input[name] = fields["rawInput"]?[name] ?? input[name] }
        }
    }

    private var calls: [String: Call] = [:]
    /// Bounds the memory that an agent can use.
    private static let limit = 1_000

    /// Records an update of a call.
    mutating func tell(_ id: String, _ fields: JSONValue) {
        guard calls[id] != nil || calls.count < Self.limit else { return }
        calls[id, default: Call()].take(fields)
    }

    mutating func forget() { calls = [:] }

    /// A permission request for a call.
    ///
    /// - Parameters:
    ///   - id: the request's id.
    ///   - fields: the call as the request describes it.
    func question(_ id: String, about fields: JSONValue, options: [Permission.Option]) -> Permission {
        let name = fields["toolCallId"]?.string
        var call = name.flatMap { calls[$0] } ?? Call()
        call.take(fields)
        return Permission(
            id: id, toolCall: name, title: Self.title(call), kind: call.kind, locations: call.locations ?? Self.place(call.input),
            options: options)
    }

    /// The command itself, if there is one: the title is only the agent's description.
    private static func title(_ call: Call) -> String {
        let title = call.title ?? call.kind ?? "something that it does not name"
        let command = call.input["command"]
        let words = command?.string ?? command?.elements.map { $0.compactMap(\.string).joined(separator: " ") }
        guard let words, !words.isEmpty, title != words else { return title }
        // The command comes first, so that a long description can't push it out of sight.
        return "\(words) (\(title.cut(to: 200)))"
    }

    private static func place(_ input: [String: JSONValue]) -> [ACP.Location]? {
        let path = ["file_path", "filePath", "path"].compactMap { input[$0]?.string }.first
        return path.map { [ACP.Location(path: $0)] }
    }
}
