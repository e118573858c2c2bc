import AgentDrivers
import AgentProtocol
import Foundation
import Testing

/// A driver for Claude Code and what its program says to it.
struct ClaudeProgram {
    var driver: ClaudeDriver
    /// What the driver has written, by the line.
    private(set) var written: [JSONValue] = []
    private(set) var asked: [Permission] = []
    private(set) var inquired: [Inquiry] = []
    private(set) var withdrawn: [String] = []

    /// One that is ready.
    init(
        _ permissions: PermissionMode = .ask, earlier: Conversation.Earlier? = nil, own: String? = nil, tellsState: Bool = true
    ) {
        driver = ClaudeDriver(Conversation(workingDirectory: "/w", permissions: permissions, earlier: earlier, own: own))
        take(driver.begin())
        says(#"{"type":"control_response","response":{"subtype":"success","request_id":"sam-1","response":{}}}"#)
        if tellsState { says(#"{"type":"system","subtype":"session_state_changed","state":"idle"}"#) }
        written = []
    }

    /// The program writes lines.
    ///
    /// - Returns: what is told of them.
    @discardableResult
    mutating func says(_ lines: String...) -> [AgentEvent] { lines.flatMap { take(driver.receive(Data($0.utf8))) } }

    /// A person writes, and the program begins with it.
    @discardableResult
    mutating func begin(_ prompt: String) -> [AgentEvent] {
        let events = write(prompt)
        return events + says(lifecycle(prompt, "queued"), lifecycle(prompt, "started"), Self.start)
    }

    /// A person writes.
    @discardableResult
    mutating func write(_ prompt: String) -> [AgentEvent] {
        take(driver.prompt(AgentCommand.Prompt(id: PromptID(rawValue: prompt), text: "do \(prompt)")))
    }

    @discardableResult
    mutating func cancel() -> [AgentEvent] { take(driver.cancelTurn()) }

    @discardableResult
    mutating func stopBackground() -> [AgentEvent] { take(driver.stopBackground()) }

    mutating func answer(_ permission: String, _ option: Permission.Option?, saying text: String? = nil) {
        take(driver.answer(permission, with: option, saying: text))
    }

    mutating func reply(_ inquiry: String, _ answers: [String: [String]]?) {
        take(driver.reply(inquiry, with: answers))
    }

    /// What the program says of a prompt that was written last.
    func lifecycle(_ prompt: String, _ state: String) -> String {
        let uuid = uuids[prompt] ?? "none"
        return #"{"type":"command_lifecycle","command_uuid":"\#(uuid)","state":"\#(state)","uuid":"x"}"#
    }

    private var uuids: [String: String] = [:]

    /// What was asked of the program since this was looked at last, without prompts and answers.
    mutating func requests() -> [JSONValue] {
        defer { written = [] }
        return written.compactMap { $0["type"] == "control_request" ? $0["request"] : nil }
    }

    /// The answers to the program's requests.
    var answers: [JSONValue] { written.compactMap { $0["type"] == "control_response" ? $0["response"]?["response"] : nil } }

    @discardableResult
    private mutating func take(_ actions: [DriverAction]) -> [AgentEvent] {
        var events: [AgentEvent] = []
        for action in actions {
            switch action {
            case .send(let data):
                #expect(data.last == UInt8(ascii: "\n") && data.count { $0 == UInt8(ascii: "\n") } == 1)
                guard let message: JSONValue = try? JSONLine.decode(from: data) else {
                    Issue.record("A line that is not JSON ends the program: \(String(decoding: data, as: UTF8.self))")
                    continue
                }
                written.append(message)
                let text = message["message"]?["content"]?.elements?.last?["text"]?.string
                if let text, let uuid = message["uuid"]?.string { uuids[String(text.dropFirst("do ".count))] = uuid }
            case .emit(let event): events.append(event)
            case .ask(let permission): asked.append(permission)
            case .inquire(let inquiry): inquired.append(inquiry)
            case .withdraw(let id): withdrawn.append(id)
            case .stray, .giveUp: Issue.record("\(action)")
            }
        }
        return events
    }

    // MARK: - Its messages

    static let start = #"{"type":"system","subtype":"init","session_id":"x","permissionMode":"default"}"#
    static let idle = #"{"type":"system","subtype":"session_state_changed","state":"idle"}"#
    static let success =
        #"{"type":"result","subtype":"success","is_error":false,"result":"it runs in the background","stop_reason":"end_turn","terminal_reason":"completed","num_turns":2}"#

    /// The result of a turn that it began by itself.
    static func own(_ run: String, _ fields: String = #""result":"…","num_turns":1,"terminal_reason":"completed""#) -> String {
        #"{"type":"result","subtype":"success",\#(fields),"origin":{"kind":"task-notification","producer":"session-task","runId":"\#(run)"}}"#
    }

    /// The whole set of tasks, by their ids: those that begin with an a are agents, others commands.
    static func set(_ ids: String...) -> String { set(ids) }

    static func set(_ ids: [String]) -> String {
        let tasks = ids.map { id in
            let type = id.hasPrefix("a") ? "local_agent" : "local_bash"
            return #"{"task_id":"\#(id)","run_id":"run-\#(id)","task_type":"\#(type)","description":"do \#(id)"}"#
        }
        return #"{"type":"system","subtype":"background_tasks_changed","tasks":[\#(tasks.joined(separator: ","))]}"#
    }

    static func started(_ id: String, by call: String, _ more: String = "") -> String {
        let type = id.hasPrefix("a") ? "local_agent" : "local_bash"
        return
            #"{"type":"system","subtype":"task_started","task_id":"\#(id)","run_id":"run-\#(id)","tool_use_id":"\#(call)","description":"do \#(id)","is_backgrounded":true,"task_type":"\#(type)"\#(more)}"#
    }

    static func ended(_ id: String, by call: String, _ status: String = "completed") -> String {
        #"{"type":"system","subtype":"task_notification","task_id":"\#(id)","run_id":"run-\#(id)","tool_use_id":"\#(call)","status":"\#(status)","output_file":"/tmp/x","summary":"report of \#(id)"}"#
    }

    static func ask(_ tool: String, _ input: String, _ more: String = "", id: String = "r-1") -> String {
        #"{"type":"control_request","request_id":"\#(id)","request":{"subtype":"can_use_tool","tool_name":"\#(tool)","input":\#(input),"tool_use_id":"toolu_9"\#(more)}}"#
    }
}

extension AgentEvent {
    static func began(_ prompt: String, followUp: Bool = false) -> AgentEvent {
        .turnStarted(Turn(prompt: PromptID(rawValue: prompt), isFollowUp: followUp ? true : nil))
    }

    static func over(_ prompt: String, _ reason: String = "end_turn", followUp: Bool = false) -> AgentEvent {
        .turnEnded(TurnEnd(prompt: PromptID(rawValue: prompt), stopReason: reason, isFollowUp: followUp ? true : nil))
    }

    static func running(_ tasks: BackgroundWork.Task...) -> AgentEvent { .background(BackgroundWork(tasks: tasks)) }
}
