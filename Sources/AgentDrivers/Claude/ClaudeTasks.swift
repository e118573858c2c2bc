import AgentProtocol

/// Claude Code's background tasks, the prompt that caused each, and the call that started each sub-agent.
struct ClaudeTasks: Hashable {
    private struct Known: Hashable {
        /// The call that started the task, or the outermost call whose sub-agent did.
        var call: String?
        var cause: PromptID?
        /// Whether the task ever ran in the background.
        var isBackground = false
        var run: String?
    }

    private var running: [BackgroundWork.Task] = []
    private var known: [String: Known] = [:]
    /// The calls that started sub-agents, by the agent ids in messages and requests.
    private var agents: [String: String] = [:]
    /// Tasks that were already asked to stop.
    private var stopped: Set<String> = []
    /// Runs that have ended but of which the model may not know yet.
    private var untold: Set<String> = []
    /// The prompt that caused the task that ended last.
    private(set) var woken: PromptID?
    private var shown = BackgroundWork(tasks: [])

    // Bounds the memory that an agent can use.
    private static let limit = 1_000
    private static let runningLimit = 500
    private static let shownLimit = 64

    var isEmpty: Bool { running.isEmpty }
    /// Whether any task runs that a session waits for.
    var isAwaited: Bool { running.contains { !$0.isAmbient } }
    /// Whether any task has ended that may start a turn.
    var hasUntold: Bool { !untold.isEmpty }

    /// Replaces the set of running tasks.
    mutating func replace(with tasks: [JSONValue], cause: PromptID?) {
        var ids: Set<String> = []
        running = tasks.prefix(Self.runningLimit * 2).compactMap { task in
            guard let id = Self.id(task["task_id"]), ids.insert(id).inserted else { return nil }
            change(id) {
                $0.isBackground = true
                $0.cause = $0.cause ?? cause
                $0.run = Self.id(task["run_id"]) ?? $0.run
            }
            let type = task["task_type"]?.string ?? "task"
            let title = task["description"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? type
            return BackgroundWork.Task(
                id: id, kind: Self.kind(type), title: title.cut(to: 500), toolCall: known[id]?.call, isAmbient: task["ambient"] == true)
        }
        // If there are too many, tasks that a session waits for are kept first.
        running = Array((running.filter { !$0.isAmbient } + running.filter(\.isAmbient)).prefix(Self.runningLimit))
        stopped.formIntersection(ids)
    }

    private static func kind(_ type: String) -> BackgroundWork.Task.Kind {
        switch type {
        case "local_agent", "remote_agent", "in_process_teammate": .agent
        case "local_bash": .command
        default: .other
        }
    }

    /// Handles the start of a task.
    ///
    /// - Parameters:
    ///   - parent: the call whose sub-agent made the call that started the task.
    ///   - cause: the prompt that is being answered.
    mutating func start(_ message: JSONValue, parent: String?, cause: PromptID?) {
        guard let id = Self.id(message["task_id"]) else { return }
        // A task of a nested sub-agent is attributed to the outer task's call.
        let outer = Self.id(message["parent_task_id"]).flatMap { known[$0] }
        let call = outer?.call ?? Self.id(message["tool_use_id"])
        let parentCause = parent.flatMap { parent in known.values.first { $0.call == parent }?.cause }
        change(id) {
            $0.call = call ?? $0.call
            $0.cause = outer?.cause ?? parentCause ?? $0.cause ?? cause
            $0.run = Self.id(message["run_id"]) ?? $0.run
            if message["is_backgrounded"] == true { $0.isBackground = true }
        }
        if let call, message["task_type"]?.string?.hasSuffix("agent") == true { tell(agent: id, of: call) }
        if let place = running.firstIndex(where: { $0.id == id }) { running[place].toolCall = known[id]?.call }
    }

    /// Handles the end of a task.
    ///
    /// - Returns: the call that started it, if it ran in the background.
    mutating func end(_ message: JSONValue) -> String? {
        guard let id = Self.id(message["task_id"]), let task = known[id], task.isBackground else { return nil }
        woken = task.cause ?? woken
        if let run = Self.id(message["run_id"]) ?? task.run, untold.count < Self.shownLimit { untold.insert(run) }
        return Self.id(message["tool_use_id"]) ?? task.call
    }

    /// Marks the end of this run as known to the model.
    mutating func told(_ run: String) { untold.remove(run) }

    mutating func forgetUntold() { untold = [] }

    /// Forgets the last ended task's prompt: it does not cause turns that begin now.
    mutating func forgetWoken() { woken = nil }

    /// Running tasks that were not asked to stop before. Marks them as asked.
    mutating func toStop(withAmbient: Bool) -> [String] {
        let ids = running.filter { withAmbient || !$0.isAmbient }.map(\.id).filter { !stopped.contains($0) }
        stopped.formUnion(ids)
        return ids
    }

    /// The tasks to show, if they differ from those shown last.
    mutating func news() -> BackgroundWork? {
        let work = BackgroundWork(tasks: Array(running.prefix(Self.shownLimit)))
        guard work != shown else { return nil }
        shown = work
        return work
    }

    // MARK: - Sub-agents

    /// Records the call that started a sub-agent.
    mutating func tell(agent: String, of call: String) {
        guard agents[agent] == nil, agent.utf8.count <= 200, call.utf8.count <= 200 else { return }
        if agents.count >= Self.limit {
            let ids = Set(running.map(\.id))
            agents = agents.filter { ids.contains($0.key) }
        }
        agents[agent] = call
    }

    /// The call whose sub-agent sent the message; `nil` for the main agent. If the sub-agent's call is unknown, its own id stands in, so
    /// that it is not taken for the main agent.
    func parent(of message: JSONValue?) -> String? {
        if let call = message?["parent_tool_use_id"]?.string { return call.cut(to: 200) }
        guard let agent = message?["agent_id"]?.string else { return nil }
        return agents[agent] ?? agent.cut(to: 200)
    }

    // MARK: - Bounds

    private mutating func change(_ id: String, _ change: (inout Known) -> Void) {
        if known[id] == nil, known.count >= Self.limit {
            let ids = Set(running.map(\.id))
            known = known.filter { ids.contains($0.key) }
            guard known.count < Self.limit else { return }
        }
        change(&known[id, default: Known()])
    }

    /// Ids that are too long are dropped: a shortened id would be a different one.
    private static func id(_ value: JSONValue?) -> String? {
        value?.string.flatMap { $0.isEmpty || $0.utf8.count > 200 ? nil : $0 }
    }
}
