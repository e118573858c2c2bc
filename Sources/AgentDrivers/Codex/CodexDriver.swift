import AgentProtocol
import Foundation

/// Codex's app-server: JSON-RPC without its version, a line a message (schemas by `codex app-server generate-json-schema`, observed in
/// Codex 0.163.0).
///
/// Ready means that a thread was started or resumed. The conversation is that main thread; each sub-agent has a thread of its own, whose
/// messages come on the same stream. SAM's own sandbox stands around Codex, so that it needs none of its own.
public struct CodexDriver: AgentDriver {
    enum Phase: Hashable {
        case new, initializing
        case resuming(AgentIdentity)
        case opening(AgentIdentity)
        case open, over
    }

    /// What a request to Codex was for, where its answer matters.
    enum Purpose: Hashable {
        case initialize, resume, start
        /// The turn that was handed over.
        case turn
        /// Which commands go on without a turn; those of these items are to be stopped.
        case terminals(thread: String, stopping: Set<String>)
        /// Words for a turn that runs.
        case words
        /// The answers to a question, in the queue of its thread.
        case queue(thread: String)
        case interrupt(thread: String, turn: String)
        /// The end of a thread's goal.
        case goal(thread: String)
    }

    var conversation: Conversation
    /// Whether its main thread is to be told that it asks from now on.
    var asksFromNow = false
    var phase = Phase.new
    var lastRequest = 0
    var sent: [Int: Purpose] = [:]
    var threads = CodexThreads()
    /// The main thread's turns.
    var turns = CodexTurns()
    /// What it asks, by the ids that the answers carry.
    var asked = OpenRequests<CodexRequest>()
    /// Everything was asked to stop, and nothing was handed over since: what starts is stopped as well.
    var isStopping = false
    /// What was told last of what runs beside, and what of it are turns.
    private var toldTasks: [BackgroundWork.Task] = []
    private var toldTurns: [BackgroundWork.Task] = []
    /// Warnings that were told: each thread repeats them.
    var warnings: Set<String> = []

    /// Makes a driver.
    public init(_ conversation: Conversation) {
        self.conversation = conversation
    }

    public mutating func begin() -> [DriverAction] {
        phase = .initializing
        // Queues, background terminals and resuming without a replay are for clients that ask for what is experimental.
        return request(
            "initialize",
            [
                "clientInfo": ["name": "sam", "title": "SAM", "version": "1"], "capabilities": ["experimentalApi": true],
            ], for: .initialize)
    }

    public mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction] {
        guard phase == .open, !turns.hasPrompt else { return [] }
        isStopping = false
        turns.take(CodexTurns.Handed(prompt: prompt.id, input: Self.input(prompt)))
        return [.emit(.turnStarted(Turn(prompt: prompt.id)))] + handOver() + tellBackground()
    }

    public mutating func cancelTurn() -> [DriverAction] {
        guard phase == .open, turns.isBusy || !tasks.isEmpty else { return [] }
        return stopEverything() + tellBackground()
    }

    public mutating func stopBackground() -> [DriverAction] {
        guard phase == .open else { return [] }
        return (turns.hasPrompt ? stopBeside() : stopEverything()) + tellBackground()
    }

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

// MARK: - What runs beside

extension CodexDriver {
    /// More can't be shown.
    private static let taskLimit = 64

    /// What runs beside the turns of the main thread.
    private var tasks: [BackgroundWork.Task] {
        let turns = turns.tasks
        return turns + threads.tasks(atMost: Self.taskLimit - turns.count)
    }

    /// The whole set, if it has changed.
    mutating func tellBackground() -> [DriverAction] {
        // After most lines nothing else runs than before.
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
        // Some are never answered.
        if sent.count > Self.sentLimit, let oldest = sent.keys.min() { sent[oldest] = nil }
        return send(["id": .integer(lastRequest), "method": .string(method), "params": params])
    }

    func send(_ message: JSONValue) -> [DriverAction] {
        guard let data = try? JSONLine.encode(message) else { return [] }
        return [.send(data + Data("\n".utf8))]
    }
}
