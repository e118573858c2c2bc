import AgentProtocol

// Messages and tool calls. A sub-agent's messages name the call that started it, arrive whole, and can arrive after the turn.
extension ClaudeDriver {
    mutating func streamed(_ message: JSONValue) -> [DriverAction] {
        guard tasks.parent(of: message) == nil else { return [] }
        let event = message["event"]
        switch event?["type"]?.string {
        case "message_start":
            speech.streamed = event?["message"]?["id"]?.string
        case "content_block_delta":
            guard let streamed = speech.streamed, let delta = event?["delta"] else { break }
            speech.told.insert(streamed)
            if let text = delta["text"]?.string { return chunk(streamed, .agent, text) }
            if let text = delta["thinking"]?.string { return chunk(streamed, .thought, text) }
        default: break
        }
        return []
    }

    private func chunk(_ message: String, _ role: MessageChunk.Role, _ text: String, parent: String? = nil) -> [DriverAction] {
        guard !text.isEmpty else { return [] }
        let id = role == .agent ? message : message + "-thought"
        return [.emit(.message(MessageChunk(id: id, role: role, text: text, parent: parent)))]
    }

    mutating func spoke(_ message: JSONValue) -> [DriverAction] {
        let parent = knownParent(of: message)
        let name = message["message"]?["id"]?.string ?? "message"
        let wasTold = parent == nil && speech.told.contains(name)
        let id = parent.map { "\($0)/\(name.cut(to: 200))" } ?? name
        var actions: [DriverAction] = []
        for block in message["message"]?["content"]?.elements ?? [] {
            switch block["type"]?.string {
            case "text" where !wasTold: actions += chunk(id, .agent, block["text"]?.string ?? "", parent: parent)
            case "thinking" where !wasTold: actions += chunk(id, .thought, block["thinking"]?.string ?? "", parent: parent)
            case "text", "thinking", "redacted_thinking": break
            case "tool_use":
                guard let call = block["id"]?.string, let name = block["name"]?.string else { break }
                actions += calls(call, ClaudeTool(name: name, input: block["input"] ?? .null), parent)
            default: actions.append(.emit(.other(OtherUpdate(kind: "content", raw: block))))
            }
        }
        return actions
    }

    private mutating func calls(_ id: String, _ tool: ClaudeTool, _ parent: String?) -> [DriverAction] {
        speech.add(ClaudeSpeech.Call(tool: tool.forItsResult, parent: parent), id)
        let call = ToolCall(
            id: id, title: tool.title, kind: tool.kind, status: "in_progress", locations: tool.locations,
            content: tool.diff.map(JSONValue.array), parent: parent)
        // A sub-agent's own list of steps is not the plan.
        let plan = parent == nil ? tool.todos.flatMap { self.plan.replace(with: $0) } : nil
        return (plan.map { [.emit(.plan($0))] } ?? []) + [.emit(.toolCall(call))]
    }

    /// Handles tool results, which arrive as user messages.
    mutating func results(_ message: JSONValue) -> [DriverAction] {
        let parent = knownParent(of: message)
        let blocks = (message["message"]?["content"]?.elements ?? []).filter { $0["type"]?.string == "tool_result" }
        // The message carries a tool's structured result once, so it belongs to a result only if that is the message's only one.
        let details = blocks.count == 1 ? message["tool_use_result"] : nil
        return blocks.flatMap { block -> [DriverAction] in
            guard let id = block["tool_use_id"]?.string else { return [] }
            let call = speech.take(id)
            if let call, call.tool.isAgent, let agent = details?["agentId"]?.string { tasks.tell(agent: agent, of: id) }
            let result: [JSONValue]
            switch block["content"] {
            case .string(let text)?: result = [["type": "content", "content": ["type": "text", "text": .string(text)]]]
            case .array(let blocks)?: result = blocks.map { ["type": "content", "content": $0] }
            default: result = []
            }
            let hasFailed = block["is_error"] == true
            let told = ToolCall(
                id: id, status: hasFailed ? "failed" : "completed", content: .array((call?.tool.diff ?? []) + result), parent: parent)
            let plan = hasFailed ? nil : call.flatMap { self.plan.take($0.tool, text: block["content"], details) }
            return [.emit(.toolCall(told))] + (plan.map { [.emit(.plan($0))] } ?? [])
        }
    }

    /// The call whose sub-agent a message comes from. Remembers the pair for that sub-agent's requests.
    private mutating func knownParent(of message: JSONValue) -> String? {
        let parent = tasks.parent(of: message)
        if let parent, let agent = message["agent_id"]?.string, message["parent_tool_use_id"]?.string == parent {
            tasks.tell(agent: agent, of: parent)
        }
        return parent
    }
}
