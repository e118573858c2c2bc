import AgentProtocol

/// A thread of Codex's: the conversation itself, or a sub-agent's.
struct CodexThread: Sendable, Hashable {
    /// A command that has not ended.
    struct Command: Hashable {
        var title: String
        /// The turn in which it was begun.
        var turn: String?
        var number: Int
    }

    /// A call that is neither a command nor has ended.
    struct Call: Hashable {
        var turn: String?
    }

    /// The main thread's call from which it comes; `nil` for the main thread itself.
    var parent: String?
    var title: String?
    /// Counts threads and commands in the order in which they were seen.
    var number: Int
    /// As Codex tells its status.
    var isActive = false
    /// The turn that runs.
    var turn: String?
    /// Its turn was asked to end; what it leaves running is to be stopped then.
    var isStopping = false
    /// The turns that were asked to end. A second request would have no answer.
    var interrupted: Set<String> = []
    /// By the ids of their items.
    var commands: [String: Command] = [:]
    var calls: [String: Call] = [:]
    /// Where the files are that its calls change.
    var places: [String: [ACP.Location]] = [:]
    /// Messages of which pieces were told.
    var told: Set<String> = []
    /// What it used in all, as Codex counts.
    var input: Int?
    var output: Int?
    /// What went wrong for good, for a turn whose end does not say.
    var lastError: String?

    var isBusy: Bool { isActive || turn != nil }

    /// The commands that go on without a turn that waits for them.
    var background: [String: Command] { commands.filter { turn == nil || $0.value.turn != turn } }
}

/// The threads of a conversation: who spawned which, and what runs in them.
struct CodexThreads: Sendable, Hashable {
    /// The main thread's id; `nil` until there is one.
    var main: String?
    private var threads: [String: CodexThread] = [:]
    private var count = 0
    /// An agent can't fill our memory with them.
    private static let limit = 500
    private static let commandLimit = 1_000
    private static let titleLimit = 300

    func isMain(_ thread: String) -> Bool { thread == main }

    subscript(_ thread: String) -> CodexThread? { threads[thread] }

    /// Changes a thread, which is made if it is not known.
    ///
    /// - Returns: `nil` when there are too many.
    @discardableResult
    mutating func update<Result>(_ id: String, _ body: (inout CodexThread) -> Result) -> Result? {
        if threads[id] == nil {
            if threads.count >= Self.limit { threads = threads.filter { isMain($0.key) || $0.value.isBusy || !$0.value.commands.isEmpty } }
            guard threads.count < Self.limit else { return nil }
            count += 1
            // Of one that nobody spawned nothing but its name can be told.
            threads[id] = CodexThread(parent: isMain(id) ? nil : id, number: count)
        }
        return threads[id].map { thread in
            var thread = thread
            defer { threads[id] = thread }
            return body(&thread)
        }
    }

    mutating func forget(_ id: String) -> CodexThread? { threads.removeValue(forKey: id) }

    /// The main thread's call from which a thread's messages come; `nil` for the main thread's own.
    func parent(of thread: String) -> String? { isMain(thread) ? nil : threads[thread]?.parent ?? thread }

    /// What SAM calls an item: a sub-agent's could have the name of one of the main thread's.
    func name(_ item: String, in thread: String) -> String { isMain(thread) ? item : "\(thread)/\(item)" }

    /// A call of one thread began others.
    mutating func spawned(_ others: [String], by call: String, of thread: String, title: String?) {
        let parent = isMain(thread) ? call : parent(of: thread)
        for other in others.prefix(Self.limit) where !isMain(other) && other != thread {
            update(other) { other in
                other.parent = parent
                other.title = title?.cut(to: Self.titleLimit) ?? other.title
            }
        }
    }

    mutating func began(_ item: String, _ command: String, in thread: String, turn: String?) {
        count += 1
        let number = count
        update(thread) { thread in
            guard thread.commands.count < Self.commandLimit else { return }
            thread.commands[item] = CodexThread.Command(
                title: command.cut(to: Self.titleLimit), turn: turn ?? thread.turn, number: thread.commands[item]?.number ?? number)
        }
    }

    /// Threads besides the main one that work, or have left commands running.
    var others: [(id: String, thread: CodexThread)] {
        threads.filter { !isMain($0.key) && ($0.value.isBusy || !$0.value.commands.isEmpty) }
            .sorted { $0.value.number < $1.value.number }.map { ($0.key, $0.value) }
    }

    /// What runs beside the main thread's turn, in the order in which it began.
    var tasks: [BackgroundWork.Task] {
        var tasks: [(number: Int, task: BackgroundWork.Task)] = []
        for (id, thread) in threads {
            if !isMain(id), thread.isBusy {
                let title = thread.title ?? "An agent of its own"
                tasks.append((thread.number, BackgroundWork.Task(id: id, kind: .agent, title: title, toolCall: thread.parent)))
            }
            for (item, command) in thread.background {
                let name = name(item, in: id)
                tasks.append((command.number, BackgroundWork.Task(id: name, kind: .command, title: command.title, toolCall: name)))
            }
        }
        return tasks.sorted { $0.number < $1.number }.map(\.task)
    }

    /// What all threads together used.
    var used: (input: Int?, output: Int?) {
        func sum(_ values: [Int]) -> Int? {
            values.isEmpty ? nil : values.reduce(0) { $0.addingReportingOverflow($1).overflow ? Int.max : $0 + $1 }
        }
        return (sum(threads.values.compactMap(\.input)), sum(threads.values.compactMap(\.output)))
    }
}
