import AgentProtocol

/// One thing that Codex did, of those of which a turn is made.
struct CodexItem {
    let id: String
    private let type: String
    private let fields: JSONValue

    init?(_ item: JSONValue?) {
        guard let item, let id = item["id"]?.string, let type = item["type"]?.string else { return nil }
        self.id = id
        self.type = type
        fields = item
    }

    /// Codex's words for a status, in SAM's.
    static func word(_ status: String?) -> String? {
        switch status {
        case "inProgress": "in_progress"
        case "declined": "failed"
        case let status: status
        }
    }

    /// What it says, if it says something.
    var text: (role: MessageChunk.Role, text: String)? {
        switch type {
        case "agentMessage": (.agent, fields["text"]?.string ?? "")
        case "reasoning": (.thought, (fields["summary"]?.elements ?? []).compactMap(\.string).joined(separator: "\n"))
        default: nil
        }
    }

    /// What it does, if it does something.
    func call(isOver: Bool) -> ToolCall? {
        guard let (title, kind) = act else { return nil }
        let status = Self.word(fields["status"]?.string) ?? (isOver ? "completed" : "in_progress")
        var content: JSONValue?
        if isOver, let output = fields["aggregatedOutput"]?.string {
            content = [["type": "content", "content": ["type": "text", "text": .string(output)]]]
        }
        let diffs = (fields["changes"]?.elements ?? []).compactMap { change -> JSONValue? in
            guard let diff = change["diff"]?.string, let path = change["path"]?.string else { return nil }
            return ["type": "content", "content": ["type": "text", "text": .string("\(path)\n\(diff)")]]
        }
        if !diffs.isEmpty { content = .array(diffs) }
        // A change can move a file elsewhere.
        let paths = (fields["changes"]?.elements ?? []).flatMap { change in
            [change["path"], change["kind"]?["move_path"], change["kind"]?["movePath"]].compactMap { $0?.string }
        }
        return ToolCall(
            id: id, title: title, kind: kind, status: status, locations: paths.isEmpty ? nil : paths.map { ACP.Location(path: $0) },
            content: content)
    }

    private var act: (title: String, kind: String)? {
        switch type {
        case "commandExecution": (fields["command"]?.string ?? "a command", "execute")
        case "fileChange":
            ("Change " + (fields["changes"]?.elements ?? []).compactMap { $0["path"]?.string }.joined(separator: ", "), "edit")
        case "mcpToolCall", "dynamicToolCall": (fields["tool"]?.string ?? "a tool", "other")
        case "collabAgentToolCall": (fields["tool"]?.string ?? "another agent", "think")
        case "webSearch": ("Search for \(fields["query"]?.string ?? "something")", "fetch")
        case "imageView": ("Look at \(fields["path"]?.string ?? "an image")", "read")
        default: nil
        }
    }
}
