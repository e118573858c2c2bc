import AgentDrivers
import AgentProtocol
import Foundation
import Testing

/// A driver for Codex in a test, with Codex's side played by hand.
struct CodexFixture {
    var driver: CodexDriver
    /// What the driver has sent since the last look.
    private(set) var sent: [JSONValue] = []
    /// What it has done besides.
    private(set) var actions: [DriverAction] = []

    /// One whose thread `main` is open.
    init(permissions: PermissionMode = .ask, earlier: Conversation.Earlier? = nil) throws {
        driver = CodexDriver(Conversation(workingDirectory: "/workspace", permissions: permissions, earlier: earlier))
        guard earlier == nil else { return }
        try act { $0.begin() }
        try tell(#"{"id":1,"result":{"userAgent":"sam/0.163.0 (Debian 12.0.0; x86_64) unknown (sam; 1)"}}"#)
        try tell(#"{"id":2,"result":{"thread":{"id":"main"}}}"#)
        forget()
    }

    /// One in whose main thread the turn `turn` runs, for the prompt `t_1`.
    static func running() throws -> CodexFixture {
        var codex = try CodexFixture()
        try codex.prompt("t_1")
        try codex.accept("turn")
        codex.forget()
        return codex
    }

    mutating func act(_ body: (inout CodexDriver) -> [DriverAction]) throws {
        for action in body(&driver) {
            if case .send(let data) = action { sent.append(try JSONLine.decode(from: data)) } else { actions.append(action) }
        }
    }

    /// Lines that Codex writes.
    mutating func tell(_ lines: String...) throws {
        for line in lines { try act { $0.receive(Data(line.utf8)) } }
    }

    /// A notification of Codex's about a thread.
    mutating func tell(_ method: String, in thread: String, _ params: [String: JSONValue] = [:]) throws {
        let message: JSONValue = ["method": .string(method), "params": .object(params.merging(["threadId": .string(thread)]) { $1 })]
        let line = try JSONLine.encode(message)
        try act { $0.receive(line) }
    }

    mutating func prompt(_ id: String, _ text: String = "do it") throws {
        try act { $0.prompt(AgentCommand.Prompt(id: PromptID(rawValue: id), text: text)) }
    }

    /// Codex takes the last `turn/start` as a turn of this id.
    mutating func accept(_ turn: String) throws {
        let request = try #require(sent.last { $0["method"] == "turn/start" }?["id"])
        try answer(request, ["turn": ["id": .string(turn), "status": "inProgress"]])
        try begin(turn)
    }

    mutating func answer(_ request: JSONValue, _ result: JSONValue) throws {
        let line = try JSONLine.encode(["id": request, "result": result] as JSONValue)
        try act { $0.receive(line) }
    }

    mutating func refuse(_ request: JSONValue, _ message: String) throws {
        let line = try JSONLine.encode(["id": request, "error": ["code": -32600, "message": .string(message)]] as JSONValue)
        try act { $0.receive(line) }
    }

    mutating func begin(_ turn: String, in thread: String = "main", root: String? = nil) throws {
        let fields: JSONValue = ["id": .string(turn), "rootTurnId": .string(root ?? turn), "status": "inProgress"]
        try tell("turn/started", in: thread, ["turn": fields])
    }

    mutating func end(_ turn: String, in thread: String = "main", _ status: String = "completed", error: JSONValue = .null) throws {
        try tell("turn/completed", in: thread, ["turn": ["id": .string(turn), "status": .string(status), "error": error]])
    }

    /// The main thread's call `call_4` starts the sub-agent `helper`, as 6.1 tells it, whose turn begins.
    mutating func spawn(_ thread: String = "sub", turn: String = "subturn", by call: String = "call_4", in parent: String = "main") throws {
        try tell("thread/status/changed", in: thread, ["status": ["type": "idle"]])
        let item: JSONValue = [
            "type": "subAgentActivity", "id": .string(call), "kind": "started", "agentThreadId": .string(thread),
            "agentPath": "/root/helper",
        ]
        try tell("item/started", in: parent, ["item": item])
        try tell("item/completed", in: parent, ["item": item])
        try tell("thread/status/changed", in: thread, ["status": ["type": "active", "activeFlags": []]])
        try begin(turn, in: thread, root: "turn")
    }

    mutating func command(_ id: String, _ command: String, in thread: String, turn: String, _ status: String = "inProgress") throws {
        let item: JSONValue = ["type": "commandExecution", "id": .string(id), "command": .string(command), "status": .string(status)]
        try tell(status == "inProgress" ? "item/started" : "item/completed", in: thread, ["item": item, "turnId": .string(turn)])
    }

    mutating func goal(_ status: String, _ objective: String = "Do it all", in thread: String = "main") throws {
        try tell(
            "thread/goal/updated", in: thread,
            ["turnId": nil, "goal": ["threadId": .string(thread), "objective": .string(objective), "status": .string(status)]])
    }

    mutating func forget() {
        sent = []
        actions = []
    }

    var events: [AgentEvent] { actions.compactMap { if case .emit(let event) = $0 { event } else { nil } } }
    var methods: [String] { sent.compactMap { $0["method"]?.string } }
    var background: [BackgroundWork] { events.compactMap { if case .background(let work) = $0 { work } else { nil } } }
    var notes: [String] { events.compactMap { if case .note(let note) = $0 { note.text } else { nil } } }
    var permissions: [Permission] { actions.compactMap { if case .ask(let permission) = $0 { permission } else { nil } } }
    var inquiries: [Inquiry] { actions.compactMap { if case .inquire(let inquiry) = $0 { inquiry } else { nil } } }
    var turnEnds: [TurnEnd] { events.compactMap { if case .turnEnded(let end) = $0 { end } else { nil } } }
    var turnStarts: [Turn] { events.compactMap { if case .turnStarted(let turn) = $0 { turn } else { nil } } }
    var messages: [MessageChunk] { events.compactMap { if case .message(let chunk) = $0 { chunk } else { nil } } }
    var calls: [ToolCall] { events.compactMap { if case .toolCall(let call) = $0 { call } else { nil } } }
}

extension PromptID: ExpressibleByStringLiteral {
    /// Lets tests write a prompt's id as a string literal.
    public init(stringLiteral value: String) { self.init(rawValue: value) }
}
