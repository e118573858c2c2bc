import AgentProtocol
import Foundation

/// Claude Code's stream-json in both directions, with `--include-partial-messages` and `--permission-prompt-tool stdio`, as its own SDKs
/// speak it (observed in Claude Code 2.1.330; its messages are described at https://docs.claude.com/en/docs/claude-code/headless).
///
/// The agent is ready when `initialize` was answered. Unknown messages are kept and never end a session.
public struct ClaudeDriver: AgentDriver {
    enum Phase: Hashable {
        case new, initializing, open, over
    }

    var conversation: Conversation
    var phase = Phase.new
    var lastRequest = 0

    // Each part of the state is a type in its own file.
    var turns = ClaudeTurns()
    var tasks = ClaudeTasks()
    var speech = ClaudeSpeech()
    var plan = ClaudePlan()
    /// The open requests to a person.
    var asked = OpenRequests<ClaudeRequest>()
    /// The permission mode, if the program has reported one.
    var mode: String?

    /// Creates a driver.
    public init(_ conversation: Conversation) {
        self.conversation = conversation
    }

    private static let initialize = "sam-1"

    /// Sends `initialize`.
    public mutating func begin() -> [DriverAction] {
        phase = .initializing
        lastRequest = 1
        return control(Self.initialize, ["subtype": "initialize", "hooks": nil])
    }

    /// Sends a prompt, with its images before the text.
    public mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction] {
        guard phase == .open, turns.person == nil else { return [] }
        let turn = ClaudeTurns.Person(prompt: prompt.id)
        turns.person = turn
        if !turns.tellsProgress { turns.lastPrompt = prompt.id }
        turns.isStopping = false
        let images: [JSONValue] = (prompt.images ?? []).map { image in
            [
                "type": "image",
                "source": [
                    "type": "base64", "media_type": .string(image.mediaType.rawValue), "data": .string(image.data.base64EncodedString()),
                ],
            ]
        }
        let content = JSONValue.array(images + [["type": "text", "text": .string(prompt.text)]])
        return [.emit(.turnStarted(Turn(prompt: prompt.id)))]
            + line(["type": "user", "uuid": .string(turn.uuid), "message": ["role": "user", "content": content]])
    }

    /// Handles a line of stream-json.
    public mutating func receive(_ line: Data) -> [DriverAction] {
        guard phase != .over else { return [] }
        guard let message: JSONValue = try? JSONLine.decode(from: line), let type = message["type"]?.string else { return [.stray(line)] }
        switch type {
        case "control_response": return answered(message)
        case "control_request": return requested(message)
        case "control_cancel_request":
            return asked.remove { $0.id == message["request_id"]?.string }.map { .withdraw($0) }
        case "stream_event": return streamed(message)
        case "assistant": return spoke(message)
        case "user": return results(message)
        case "result": return ended(message)
        case "command_lifecycle": return followed(message)
        case "system": return told(message)
        default: return [keep(message)]
        }
    }

    private mutating func told(_ message: JSONValue) -> [DriverAction] {
        switch message["subtype"]?.string {
        case "init":
            mode = message["permissionMode"]?.string ?? mode
            return began()
        // Reports current activity, which the messages show anyway, and changes of the mode.
        case "status":
            mode = message["permissionMode"]?.string ?? mode
            return []
        case "session_state_changed": return changedState(message["state"]?.string)
        case "background_tasks_changed": return changedTasks(message)
        case "task_started": return startedTask(message)
        case "task_notification": return endedTask(message)
        // The set of tasks and the notifications of their ends carry the same information.
        case "task_updated", "task_progress": return []
        default: return [keep(message)]
        }
    }

    private mutating func answered(_ message: JSONValue) -> [DriverAction] {
        let response = message["response"]
        guard phase == .initializing, response?["request_id"]?.string == Self.initialize else { return [] }
        guard response?["subtype"]?.string == "success" else {
            return giveUp("The agent refused to initialize: \(response?["error"]?.string ?? "it does not say why")")
        }
        phase = .open
        mode = response?["response"]?["current_permission_mode"]?.string
        let earlier = conversation.earlier?.conversation
        return [
            .emit(
                .handshake(
                    AgentIdentity(
                        name: "Claude Code", version: response?["response"]?["claude_code_version"]?.string,
                        conversation: earlier ?? conversation.own, remembers: earlier == nil ? nil : true)))
        ]
    }

    mutating func giveUp(_ message: String) -> [DriverAction] {
        phase = .over
        return [.giveUp(.handshakeFailed, message)]
    }
}

// MARK: - Writing

extension ClaudeDriver {
    /// Sends a control request whose answer is ignored.
    mutating func request(_ request: JSONValue) -> [DriverAction] {
        lastRequest += 1
        return control("sam-\(lastRequest)", request)
    }

    private func control(_ id: String, _ request: JSONValue) -> [DriverAction] {
        line(["type": "control_request", "request_id": .string(id), "request": request])
    }

    func line(_ message: JSONValue) -> [DriverAction] {
        guard let data = try? JSONLine.encode(message) else { return [] }
        return [.send(data + Data("\n".utf8))]
    }

    func keep(_ message: JSONValue) -> DriverAction {
        let kind = [message["type"]?.string, message["subtype"]?.string].compactMap(\.self).joined(separator: ".")
        return .emit(.other(OtherUpdate(kind: kind, raw: message)))
    }
}
