import AgentProtocol

/// One item of a turn: a message or an act of Codex.
struct CodexItem {
    let id: String
    let type: String
    private let fields: JSONValue

    init?(_ item: JSONValue?) {
        guard let item, let id = CodexDriver.id(item["id"]), let type = item["type"]?.string else { return nil }
        self.id = id
        self.type = type
        fields = item
    }

    /// Items that are ignored, because a person sees their outcome or has seen it.
    private static let quiet: Set<String> = ["userMessage", "hookPrompt", "functionCallOutput", "subAgentActivity"]

    /// Whether the item can be ignored without loss.
    var isQuiet: Bool { Self.quiet.contains(type) }
    var isCommand: Bool { type == "commandExecution" }

    /// A status of Codex in SAM's words.
    static func word(_ status: String?) -> String? {
        switch status {
        case "inProgress": "in_progress"
        case "declined", "interrupted": "failed"
        case let status: status
        }
    }

    // MARK: - Messages

    /// The message's text, if the item is one.
    var text: (role: MessageChunk.Role, text: String)? {
        switch type {
        case "agentMessage", "plan": (.agent, fields["text"]?.string ?? "")
        case "reasoning": (.thought, (fields["summary"]?.elements ?? []).compactMap(\.string).joined(separator: "\n"))
        default: nil
        }
    }

    /// A sentence for the person who follows the session.
    var note: String? {
        switch type {
        case "contextCompaction": "The agent has summed up its conversation, which had become long."
        default: nil
        }
    }

    /// Questions that the agent asks without waiting for the answers.
    var questions: [JSONValue]? {
        guard type == "agentMessage", fields["delivery"]?.string == "async", let questions = fields["questions"]?.elements,
            !questions.isEmpty
        else { return nil }
        return questions
    }

    // MARK: - Sub-agents

    /// The threads of the sub-agents that the item started, and their title.
    var spawned: (threads: [String], title: String?)? {
        switch type {
        case "subAgentActivity" where fields["kind"]?.string == "started":
            fields["agentThreadId"]?.string.map { ([$0], agentName) }
        case "collabAgentToolCall" where fields["tool"]?.string == "spawnAgent":
            ((fields["receiverThreadIds"]?.elements ?? []).compactMap(\.string), fields["prompt"]?.string)
        default: nil
        }
    }

    /// The last part of the path: “helper” for “/root/helper”.
    private var agentName: String? {
        fields["agentPath"]?.string?.split(separator: "/").last.map(String.init)
    }

    /// The reports of the agents that it waited for.
    private var reports: [String] {
        guard case .object(let states)? = fields["agentsStates"] else { return [] }
        return states.sorted { $0.key < $1.key }.compactMap { $0.value["message"]?.string }
    }

    // MARK: - Acts

    /// The tool call, if the item is one.
    func call(isOver: Bool) -> ToolCall? {
        guard let (title, kind) = act else { return nil }
        let status = Self.word(fields["status"]?.string) ?? (isOver ? "completed" : "in_progress")
        let content = changes.flatMap(\.content) + (isOver ? results : [])
        let places = changes.flatMap(\.places)
        return ToolCall(
            id: id, title: title, kind: kind, status: status, locations: places.isEmpty ? nil : places,
            content: content.isEmpty ? nil : .array(content))
    }

    private var changes: [CodexChange] { (fields["changes"]?.elements ?? []).compactMap(CodexChange.init) }

    private var results: [JSONValue] {
        func text(_ text: String) -> JSONValue { ["type": "content", "content": ["type": "text", "text": .string(text)]] }
        let blocks = fields["result"]?["content"]?.elements ?? []
        let texts = [fields["aggregatedOutput"]?.string, fields["error"]?["message"]?.string].compactMap(\.self) + reports
        return blocks.map { ["type": "content", "content": $0] } + texts.map(text)
    }

    private var act: (title: String, kind: String)? {
        switch type {
        case "commandExecution": (fields["command"]?.string ?? "a command", "execute")
        case "fileChange": ("Change " + changes.map(\.title).joined(separator: ", "), "edit")
        case "mcpToolCall", "dynamicToolCall": (fields["tool"]?.string ?? "a tool", "other")
        case "collabAgentToolCall": (agentAct, "think")
        case "subAgentActivity" where fields["kind"]?.string == "started": ("Start the agent \(agentName ?? "without a name")", "think")
        case "subAgentActivity" where fields["kind"]?.string == "interacted":
            ("Write to the agent \(agentName ?? "without a name")", "think")
        case "webSearch": ("Search for \(fields["query"]?.string ?? "something")", "fetch")
        case "imageView": ("Look at \(fields["path"]?.string ?? "an image")", "read")
        case "imageGeneration": ("Make an image", "other")
        case "sleep": ("Wait \(((fields["durationMs"]?.wholeNumber ?? 0) + 999) / 1_000) s", "other")
        default: nil
        }
    }

    private var agentAct: String {
        let prompt = fields["prompt"]?.string.map { ": \($0.cut(to: 300))" } ?? ""
        return switch fields["tool"]?.string {
        case "spawnAgent": "Start an agent" + prompt
        case "sendInput", "sendMessage", "followupTask": "Write to an agent" + prompt
        case "resumeAgent": "Resume an agent"
        case "wait": "Wait for agents"
        case "closeAgent": "End an agent"
        case "interruptAgent": "Stop an agent"
        case "listAgents": "Look at its agents"
        case let other: other ?? "another agent"
        }
    }
}
