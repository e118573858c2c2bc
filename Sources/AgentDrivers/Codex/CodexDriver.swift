import AgentProtocol
import Foundation

/// Codex's app-server: JSON-RPC without its version, one message per line (schemas by `codex app-server generate-json-schema`, observed in
/// Codex 0.163.0).
///
/// The agent is ready when a thread was started or resumed. That main thread is the conversation; each sub-agent has its own thread, whose
/// messages come on the same stream. SAM's sandbox encloses Codex, so Codex runs without its own.
public struct CodexDriver: AgentDriver {
    enum Phase: Hashable {
        case new, initializing
        case resuming(AgentIdentity)
        case opening(AgentIdentity)
        case open, over
    }

    /// The purpose of a request to Codex whose answer matters.
    enum Purpose: Hashable {
        case initialize, resume, start
        /// To start a turn with the input that was handed over.
        case turn
        /// To list the commands that outlived their turn and stop those of these items.
        case terminals(thread: String, stopping: Set<String>)
        /// To send text into a running turn.
        case words
        /// To queue the answers to a question in its thread.
        case queue(thread: String)
        case interrupt(thread: String, turn: String)
        /// To end a thread's goal.
        case goal(thread: String)
    }

    var conversation: Conversation
    /// Whether the next turn has to tell Codex to ask from now on.
    var asksFromNow = false
    var phase = Phase.new
    var lastRequest = 0
    var sent: [Int: Purpose] = [:]
    var threads = CodexThreads()
    /// The main thread's turns.
    var turns = CodexTurns()
    /// The open requests, by the ids that SAM's answers carry.
    var asked = OpenRequests<CodexRequest>()
    /// Whether everything was asked to stop and nothing was handed over since: turns that start are stopped too.
    var isStopping = false
    /// The background tasks that were emitted last, and the turns among them.
    private var toldTasks: [BackgroundWork.Task] = []
    private var toldTurns: [BackgroundWork.Task] = []
    /// Warnings that were emitted already: every thread repeats them.
    var warnings: Set<String> = []

    /// Creates a driver.
    public init(_ conversation: Conversation) {
        self.conversation = conversation
    }

    /// Sends `initialize`.
    public mutating func begin() -> [DriverAction] {
        phase = .initializing
        // Queues, background terminals and resuming without a replay need `experimentalApi`.
        return request(
            "initialize",
            [
                "clientInfo": ["name": "sam", "title": "SAM", "version": "1"], "capabilities": ["experimentalApi": true],
            ], for: .initialize)
    }

    /// Hands over a prompt once no turn runs.
    public mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction] {
        guard phase == .open, !turns.hasPrompt else { return [] }
        isStopping = false
        turns.take(CodexTurns.Handed(prompt: prompt.id, input: Self.input(prompt)))
        return [.emit(.turnStarted(Turn(prompt: prompt.id)))] + handOver() + tellBackground()
    }

    /// Stops the running turn and all background work.
    public mutating func cancelTurn() -> [DriverAction] {
        guard phase == .open, turns.isBusy || !tasks.isEmpty else { return [] }
        return stopEverything() + tellBackground()
    }

    /// Stops background work, but not the turn of a person's prompt.
    public mutating func stopBackground() -> [DriverAction] {
        guard phase == .open else { return [] }
        return (turns.hasPrompt ? stopBeside() : stopEverything()) + tellBackground()
    }

    /// Handles a line of JSON-RPC.
    public mutating func receive(_ line: Data) -> [DriverAction] {
        guard phase != .over else { return [] }
        guard let message: JSONValue = try? JSONLine.decode(from: line), case .object = message else { return [.stray(line)] }
        let actions: [DriverAction]
        switch (message["id"], message["method"]?.string) {
        case (let id?, let method?): actions = asked(id, method, message["params"] ?? .null)
        case (nil, let method?): actions = told(method, message["params"] ?? .null)
        case (let id?, nil): actions = answered(id, message)
        case (nil, nil): return [.stray(line)]
        }
        return actions + tellBackground()
    }

    private static func input(_ prompt: AgentCommand.Prompt) -> JSONValue {
        let images = (prompt.images ?? []).map { image -> JSONValue in
            ["type": "image", "url": .string("data:\(image.mediaType.rawValue);base64,\(image.data.base64EncodedString())")]
        }
        return .array([["type": "text", "text": .string(prompt.text)]] + images)
    }
}

// MARK: - Background work

extension CodexDriver {
    /// The most tasks that can be shown.
    private static let taskLimit = 64

    /// All work outside the main thread's turns.
    private var tasks: [BackgroundWork.Task] {
        let turns = turns.tasks
        return turns + threads.tasks(atMost: Self.taskLimit - turns.count)
    }

    /// Emits the whole set, if it changed.
    mutating func tellBackground() -> [DriverAction] {
        // Most lines change nothing, so the list is built only after a change.
        let hasChanged = threads.takeChange()
        guard hasChanged || turns.tasks != toldTurns else { return [] }
        toldTurns = turns.tasks
        let tasks = tasks
        guard tasks != toldTasks else { return [] }
        toldTasks = tasks
        return [.emit(.background(BackgroundWork(tasks: tasks)))]
    }
}

// MARK: - Writing

extension CodexDriver {
    private static let sentLimit = 500

    mutating func request(_ method: String, _ params: JSONValue, for purpose: Purpose? = nil) -> [DriverAction] {
        lastRequest += 1
        sent[lastRequest] = purpose
        // Some requests are never answered.
        if sent.count > Self.sentLimit, let oldest = sent.keys.min() { sent[oldest] = nil }
        return send(["id": .integer(lastRequest), "method": .string(method), "params": params])
    }

    func send(_ message: JSONValue) -> [DriverAction] {
        guard let data = try? JSONLine.encode(message) else { return [] }
        return [.send(data + Data("\n".utf8))]
    }
}
