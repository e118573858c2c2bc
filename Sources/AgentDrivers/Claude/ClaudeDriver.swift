import AgentProtocol
import Foundation

/// Claude Code's stream-json in both directions, with `--include-partial-messages` and `--permission-prompt-tool stdio`, as its own
/// SDKs speak it (observed in Claude Code 2.1.330; its messages are described at https://docs.claude.com/en/docs/claude-code/headless).
///
/// Ready means that its `initialize` was answered. What SAM does not know it keeps; an unknown message never ends a session.
public struct ClaudeDriver: AgentDriver {
    private enum Phase: Hashable {
        case new, initializing, open, over
    }

    private struct RunningTurn: Hashable {
        var prompt: PromptID
        var isCancelled = false
    }

    private var phase = Phase.new
    private var turn: RunningTurn?
    private var lastRequest = 0
    /// The message that comes in pieces.
    private var streamed: String?
    /// What was told in pieces already and comes again as a whole.
    private var told: Set<String> = []
    /// What the running turn's edits change, which their results don't tell.
    private var diffs: [String: [JSONValue]] = [:]
    /// What it asks to be allowed.
    private var asked = OpenRequests<ToolRequest>()

    private struct ToolRequest: Hashable {
        /// The control request's id.
        var id: String
        var input: JSONValue
    }

    /// Makes a driver.
    public init() {}

    private static let initialize = "sam-1"

    public mutating func begin() -> [DriverAction] {
        phase = .initializing
        lastRequest = 1
        return control(Self.initialize, ["subtype": "initialize", "hooks": nil])
    }

    public mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction] {
        guard phase == .open, turn == nil else { return [] }
        turn = RunningTurn(prompt: prompt.id)
        let message: JSONValue = [
            "type": "user", "message": ["role": "user", "content": [["type": "text", "text": .string(prompt.text)]]],
        ]
        return [.emit(.turnStarted(Turn(prompt: prompt.id)))] + line(message)
    }

    public mutating func cancelTurn() -> [DriverAction] {
        guard phase == .open, turn != nil else { return [] }
        turn?.isCancelled = true
        lastRequest += 1
        return control("sam-\(lastRequest)", ["subtype": "interrupt"])
    }

    public mutating func receive(_ line: Data) -> [DriverAction] {
        guard phase != .over else { return [] }
        guard let message: JSONValue = try? JSONLine.decode(from: line), let type = message["type"]?.string else { return [.stray(line)] }
        switch type {
        case "control_response": return answered(message)
        case "control_request": return asked(message)
        case "control_cancel_request":
            return asked.remove { $0.id == message["request_id"]?.string }.map { .withdraw($0) }
        case "stream_event": return streamed(message)
        case "assistant": return spoke(message)
        case "user": return results(message)
        case "result": return ended(message)
        // They tell how it is set up, and what it does at the moment, which its messages show.
        case "system" where ["init", "status"].contains(message["subtype"]?.string): return []
        default: return [keep(message)]
        }
    }
}

// MARK: - Control messages

extension ClaudeDriver {
    private mutating func answered(_ message: JSONValue) -> [DriverAction] {
        let response = message["response"]
        guard case .initializing = phase, response?["request_id"]?.string == Self.initialize else { return [] }
        guard response?["subtype"]?.string == "success" else {
            phase = .over
            return [.giveUp(.handshakeFailed, "The agent refused to initialize: \(response?["error"]?.string ?? "it does not say why")")]
        }
        phase = .open
        return [.emit(.handshake(AgentIdentity(name: "Claude Code")))]
    }

    private mutating func asked(_ message: JSONValue) -> [DriverAction] {
        guard let id = message["request_id"]?.string else { return [keep(message)] }
        let request = message["request"]
        guard request?["subtype"]?.string == "can_use_tool" else {
            return line([
                "type": "control_response",
                "response": ["subtype": "error", "request_id": .string(id), "error": "SAM does not know this request."],
            ])
        }
        let input = request?["input"] ?? .null
        let tool = ClaudeTool(name: request?["tool_name"]?.string ?? "a tool", input: input)
        return [
            .ask(
                Permission(
                    id: asked.add(ToolRequest(id: id, input: input)), toolCall: request?["tool_use_id"]?.string, title: tool.request,
                    kind: tool.kind, locations: tool.locations, options: [Self.allow, Self.deny]))
        ]
    }

    private static let allow = Permission.Option(id: "allow", name: "Allow", kind: .allowOnce)
    private static let deny = Permission.Option(id: "deny", name: "Refuse", kind: .refuse)

    public mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction] {
        guard let request = asked.take(permission) else { return [] }
        let answer: JSONValue =
            switch option {
            case Self.allow: ["behavior": "allow", "updatedInput": request.input]
            case .some: ["behavior": "deny", "message": "This was not allowed. Go on without it."]
            case nil: ["behavior": "deny", "message": "The turn was stopped.", "interrupt": true]
            }
        return line([
            "type": "control_response", "response": ["subtype": "success", "request_id": .string(request.id), "response": answer],
        ])
    }
}

// MARK: - What it says and does

extension ClaudeDriver {
    private mutating func streamed(_ message: JSONValue) -> [DriverAction] {
        let event = message["event"]
        switch event?["type"]?.string {
        case "message_start":
            streamed = event?["message"]?["id"]?.string
        case "content_block_delta":
            guard let streamed, let delta = event?["delta"] else { break }
            told.insert(streamed)
            if let text = delta["text"]?.string { return chunk(streamed, .agent, text) }
            if let text = delta["thinking"]?.string { return chunk(streamed, .thought, text) }
        default: break
        }
        return []
    }

    private func chunk(_ message: String, _ role: MessageChunk.Role, _ text: String) -> [DriverAction] {
        guard !text.isEmpty else { return [] }
        return [.emit(.message(MessageChunk(id: role == .agent ? message : message + "-thought", role: role, text: text)))]
    }

    private mutating func spoke(_ message: JSONValue) -> [DriverAction] {
        let id = message["message"]?["id"]?.string ?? "message"
        let wasTold = told.contains(id)
        var actions: [DriverAction] = []
        for block in message["message"]?["content"]?.elements ?? [] {
            switch block["type"]?.string {
            case "text" where !wasTold: actions += chunk(id, .agent, block["text"]?.string ?? "")
            case "thinking" where !wasTold: actions += chunk(id, .thought, block["thinking"]?.string ?? "")
            case "text", "thinking", "redacted_thinking": break
            case "tool_use":
                guard let call = block["id"]?.string, let name = block["name"]?.string else { break }
                let tool = ClaudeTool(name: name, input: block["input"] ?? .null)
                diffs[call] = tool.diff
                if let plan = tool.plan { actions.append(.emit(.plan(plan))) }
                actions.append(
                    .emit(
                        .toolCall(
                            ToolCall(
                                id: call, title: tool.title, kind: tool.kind, status: "in_progress", locations: tool.locations,
                                content: tool.diff.map(JSONValue.array))))
                )
            default: actions.append(.emit(.other(OtherUpdate(kind: "content", raw: block))))
            }
        }
        return actions
    }

    /// The tools' results come back as if a user had written them.
    private func results(_ message: JSONValue) -> [DriverAction] {
        (message["message"]?["content"]?.elements ?? []).compactMap { block in
            guard block["type"]?.string == "tool_result", let call = block["tool_use_id"]?.string else { return nil }
            let result: [JSONValue]
            switch block["content"] {
            case .string(let text)?: result = [["type": "content", "content": ["type": "text", "text": .string(text)]]]
            case .array(let blocks)?: result = blocks.map { ["type": "content", "content": $0] }
            default: result = []
            }
            let content = JSONValue.array((diffs[call] ?? []) + result)
            let hasFailed = block["is_error"] == true
            return .emit(.toolCall(ToolCall(id: call, status: hasFailed ? "failed" : "completed", content: content)))
        }
    }

    private mutating func ended(_ message: JSONValue) -> [DriverAction] {
        guard let turn else { return [keep(message)] }
        self.turn = nil
        streamed = nil
        told = []
        diffs = [:]
        let hasFailed = message["is_error"] == true || message["subtype"]?.string?.hasPrefix("error") == true
        return used(message) + [.emit(.turnEnded(end(of: turn, message, hasFailed)))]
    }

    private func end(of turn: RunningTurn, _ message: JSONValue, _ hasFailed: Bool) -> TurnEnd {
        if turn.isCancelled, hasFailed { return TurnEnd(prompt: turn.prompt, stopReason: "cancelled") }
        switch message["subtype"]?.string {
        case "error_max_turns": return TurnEnd(prompt: turn.prompt, stopReason: "max_turn_requests")
        case _ where hasFailed:
            let why = message["result"]?.string ?? message["subtype"]?.string ?? "It does not say why."
            return TurnEnd(prompt: turn.prompt, stopReason: "error", error: why)
        default:
            let reason = message["stop_reason"]?.string ?? "end_turn"
            return TurnEnd(prompt: turn.prompt, stopReason: turn.isCancelled ? "cancelled" : reason)
        }
    }

    /// What the turn used, as it tells at its end.
    private func used(_ message: JSONValue) -> [DriverAction] {
        guard let usage = message["usage"], let output = usage["output_tokens"]?.wholeNumber else { return [] }
        let input = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].compactMap { usage[$0]?.wholeNumber }
        return [
            .emit(.usage(AgentUsage(input: input.reduce(0, +), output: output, dollars: message["total_cost_usd"]?.anyNumber)))
        ]
    }
}

// MARK: - Writing

extension ClaudeDriver {
    private func control(_ id: String, _ request: JSONValue) -> [DriverAction] {
        line(["type": "control_request", "request_id": .string(id), "request": request])
    }

    private func line(_ message: JSONValue) -> [DriverAction] {
        guard let data = try? JSONLine.encode(message) else { return [] }
        return [.send(data + Data("\n".utf8))]
    }

    private func keep(_ message: JSONValue) -> DriverAction {
        let kind = [message["type"]?.string, message["subtype"]?.string].compactMap(\.self).joined(separator: ".")
        return .emit(.other(OtherUpdate(kind: kind, raw: message)))
    }
}
