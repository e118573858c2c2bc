import AgentProtocol

/// A thread of Codex: the conversation itself or a sub-agent's.
struct CodexThread: Sendable, Hashable {
    /// A command that has not ended.
    struct Command: Hashable {
        var title: String
        /// The turn that started it.
        var turn: String?
        var number: Int
    }

    /// An open call other than a command.
    struct Call: Hashable {
        var turn: String?
        /// The files that it changes.
        var places: [ACP.Location] = []
        /// The number of further files that it named.
        var further = 0
    }

    /// A goal that Codex pursues in turns that it starts by itself, one after another.
    struct Goal: Hashable {
        var title: String
        var number: Int
        /// Whether its turn was interrupted: Codex starts no turn for it until after the next turn.
        var isHeld = false
        /// Whether its end was requested.
        var isEnding = false
    }

    /// The main thread's call that the thread belongs to; `nil` for the main thread itself.
    var parent: String?
    var title: String?
    /// The position in the order in which threads and commands were first seen.
    var number: Int
    /// Whether Codex reports the thread as active.
    var isActive = false
    /// The running turn.
    var turn: String?
    /// Whether Codex's queue has an input that is about to start a turn.
    var isQueued = false
    var goal: Goal?
    /// Whether its turn was asked to end; what it leaves running is then stopped.
    var isStopping = false
    /// The turns that were asked to end. Codex would not answer a second request.
    private(set) var interrupted: Set<String> = []
    /// The running commands, by the ids of their items.
    var commands: [String: Command] = [:]
    var calls: [String: Call] = [:]
    /// Messages that were emitted in pieces and have not ended.
    private(set) var told: Set<String> = []
    /// Its total tokens, as Codex counts them.
    var input: Int?
    var output: Int?
    /// The last final error, for a turn whose end has none.
    var lastError: String?

    /// Limits on the memory that an agent can use.
    private static let interruptedLimit = 100
    private static let toldLimit = 64

    var isPursuing: Bool { goal?.isHeld == false }
    var isBusy: Bool { isActive || turn != nil || isQueued || isPursuing }

    /// - Returns: whether to interrupt the turn: it was not interrupted before.
    mutating func interrupts(_ turn: String) -> Bool {
        interrupted.count < Self.interruptedLimit && interrupted.insert(turn).inserted
    }

    /// The turn ended or could not be interrupted.
    mutating func forgetInterrupt(of turn: String) { interrupted.remove(turn) }

    mutating func tells(_ message: String) {
        if told.count < Self.toldLimit { told.insert(message) }
    }

    /// - Returns: whether pieces of the message were emitted.
    mutating func endMessage(_ message: String) -> Bool { told.remove(message) != nil }

    mutating func forgetMessages() { told = [] }

    /// The commands that run without a turn that waits for them.
    var background: [String: Command] { commands.filter { turn == nil || $0.value.turn != turn } }
}

/// The threads of a conversation: their parents and what runs in them.
struct CodexThreads: Sendable, Hashable {
    /// The main thread's id; `nil` until it is known.
    var main: String?
    private var threads: [String: CodexThread] = [:]
    private var count = 0
    /// The number of commands and of calls in all threads.
    private var commandCount = 0
    private var callCount = 0
    /// Whether the tasks may have changed.
    private var hasChanged = false
    /// Limits on the memory that an agent can use.
    private static let limit = 500
    private static let commandLimit = 500
    private static let callLimit = 500
    private static let placeLimit = 50
    private static let titleLimit = 300
    /// Longer ids are dropped: a shortened id would be a different one.
    static let idLimit = 200

    /// The fields that determine the tasks.
    private struct Shape: Hashable {
        let parent: String?
        let title: String?
        let turn: String?
        let isBusy: Bool
        let isQueued: Bool
        let goal: CodexThread.Goal?
        let commands: Int

        init(_ thread: CodexThread) {
            (parent, title, turn, isBusy) = (thread.parent, thread.title, thread.turn, thread.isBusy)
            (isQueued, goal, commands) = (thread.isQueued, thread.goal, thread.commands.count)
        }
    }

    func isMain(_ thread: String) -> Bool { thread == main }

    subscript(_ thread: String) -> CodexThread? { threads[thread] }

    /// Changes a thread; creates it if it is unknown.
    ///
    /// - Returns: `nil` if there are too many threads or the id is too long.
    @discardableResult
    mutating func update<Result>(_ id: String, _ body: (inout CodexThread) -> Result) -> Result? {
        if threads[id] == nil {
            guard id.utf8.count <= Self.idLimit else { return nil }
            if threads.count >= Self.limit {
                threads = threads.filter { isMain($0.key) || $0.value.isBusy || !$0.value.commands.isEmpty }
                callCount = threads.values.reduce(0) { $0 + $1.calls.count }
            }
            guard threads.count < Self.limit else { return nil }
            count += 1
        }
        // A thread whose call is unknown has its own id as parent. Removing the thread lets it change in place instead of being copied.
        var thread = threads.removeValue(forKey: id) ?? CodexThread(parent: isMain(id) ? nil : id, number: count)
        let (shape, calls) = (Shape(thread), thread.calls.count)
        let result = body(&thread)
        callCount += thread.calls.count - calls
        commandCount += thread.commands.count - shape.commands
        if Shape(thread) != shape { hasChanged = true }
        threads[id] = thread
        return result
    }

    mutating func forget(_ id: String) -> CodexThread? {
        guard let thread = threads.removeValue(forKey: id) else { return nil }
        commandCount -= thread.commands.count
        callCount -= thread.calls.count
        hasChanged = true
        return thread
    }

    /// The main thread's call that a thread's messages belong to; `nil` for the main thread.
    func parent(of thread: String) -> String? { isMain(thread) ? nil : threads[thread]?.parent ?? thread }

    /// SAM's name for an item. Sub-agents' names are prefixed: their items can have the same ids as the main thread's.
    func name(_ item: String, in thread: String) -> String { isMain(thread) ? item : "\(thread)/\(item)" }

    /// Records that a call of one thread started others.
    mutating func spawned(_ others: [String], by call: String, of thread: String, title: String?) {
        let parent = (isMain(thread) ? call : parent(of: thread))?.cut(to: Self.idLimit)
        for other in others.prefix(Self.limit) where !isMain(other) && other != thread {
            update(other) { other in
                other.parent = parent
                other.title = title?.cut(to: Self.titleLimit) ?? other.title
            }
        }
    }

    mutating func began(_ item: String, _ command: String, in thread: String, turn: String?) {
        // A command whose name is too long can't be shown, so a session would wait for it without saying so.
        guard commandCount < Self.commandLimit, name(item, in: thread).utf8.count <= Self.idLimit else { return }
        count += 1
        let number = count
        update(thread) { thread in
            thread.commands[item] = CodexThread.Command(
                title: command.cut(to: Self.titleLimit), turn: turn ?? thread.turn, number: thread.commands[item]?.number ?? number)
        }
        // A known item's title may have changed.
        hasChanged = true
    }

    mutating func began(_ item: String, at places: [ACP.Location], in thread: String, turn: String?) {
        guard callCount < Self.callLimit else { return }
        update(thread) { thread in
            thread.calls[item] = CodexThread.Call(
                turn: turn ?? thread.turn,
                places: places.prefix(Self.placeLimit).map { ACP.Location(path: $0.path.cut(to: 1_000), line: $0.line) },
                further: max(0, places.count - Self.placeLimit))
        }
    }

    /// Records a thread's goal, which Codex pursues by itself.
    mutating func pursues(_ goal: String, in thread: String) {
        count += 1
        let number = count
        update(thread) { thread in
            let title = "Goal: \(goal.cut(to: Self.titleLimit))"
            if thread.goal == nil { thread.goal = CodexThread.Goal(title: title, number: number) }
            thread.goal?.title = title
        }
    }

    mutating func endGoal(of thread: String) {
        guard threads[thread]?.goal != nil else { return }
        update(thread) { $0.goal = nil }
    }

    /// Threads other than the main one that are busy or have running commands.
    var others: [(id: String, thread: CodexThread)] {
        threads.filter { !isMain($0.key) && ($0.value.isBusy || !$0.value.commands.isEmpty) }
            .sorted { $0.value.number < $1.value.number }.map { ($0.key, $0.value) }
    }

    /// The threads with a goal whose end was not requested yet.
    var withGoal: [String] {
        threads.filter { $0.value.goal?.isEnding == false }.sorted { $0.value.number < $1.value.number }.map(\.key)
    }

    /// - Returns: whether the tasks may have changed since the last call.
    mutating func takeChange() -> Bool {
        defer { hasChanged = false }
        return hasChanged
    }

    private enum Part {
        case thread, goal, queue
        case command(String)
    }

    /// The first tasks that run outside the main thread's turn, in the order in which they started.
    func tasks(atMost limit: Int) -> [BackgroundWork.Task] {
        var parts: [(number: Int, thread: String, part: Part)] = []
        for (id, thread) in threads {
            if !isMain(id) {
                if thread.isBusy { parts.append((thread.number, id, .thread)) }
            } else {
                if let goal = thread.goal, !goal.isHeld { parts.append((goal.number, id, .goal)) }
                if thread.isQueued { parts.append((thread.number, id, .queue)) }
            }
            for (item, command) in thread.background { parts.append((command.number, id, .command(item))) }
        }
        return parts.sorted { $0.number < $1.number }.prefix(limit).compactMap { task($0.part, of: $0.thread) }
    }

    private func task(_ part: Part, of id: String) -> BackgroundWork.Task? {
        guard let thread = threads[id] else { return nil }
        switch part {
        case .thread:
            let title = thread.title ?? "A sub-agent"
            return BackgroundWork.Task(id: id, kind: .agent, title: title, toolCall: thread.parent)
        case .goal: return thread.goal.map { BackgroundWork.Task(id: "goal of \(id)".cut(to: Self.idLimit), kind: .other, title: $0.title) }
        case .queue: return BackgroundWork.Task(id: "queue of \(id)".cut(to: Self.idLimit), kind: .other, title: "An answer is handed over")
        case .command(let item):
            let name = name(item, in: id)
            return thread.commands[item].map { BackgroundWork.Task(id: name, kind: .command, title: $0.title, toolCall: name) }
        }
    }

    /// The tokens of all threads together.
    var used: (input: Int?, output: Int?) {
        func sum(_ values: [Int]) -> Int? {
            values.isEmpty ? nil : values.reduce(0) { $0.addingReportingOverflow($1).overflow ? Int.max : $0 + $1 }
        }
        return (sum(threads.values.compactMap(\.input)), sum(threads.values.compactMap(\.output)))
    }
}
