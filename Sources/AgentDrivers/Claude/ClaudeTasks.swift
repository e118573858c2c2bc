import AgentProtocol

/// What Claude Code has running in the background, what each of it was begun for, and which sub-agent is which call's.
struct ClaudeTasks: Hashable {
    private struct Known: Hashable {
        /// The call that began it, or whose sub-agent began it.
        var call: String?
        var cause: PromptID?
        /// Whether it ever ran in the background.
        var isBackground = false
        var run: String?
    }

    private var running: [BackgroundWork.Task] = []
    private var known: [String: Known] = [:]
    /// The calls of sub-agents, by the ids that their messages and requests carry.
    private var agents: [String: String] = [:]
    /// Tasks that were asked to stop.
    private var stopped: Set<String> = []
    /// Runs that have ended and that the model may not have been told of.
    private var untold: Set<String> = []
    /// The prompt that began the task that ended last.
    private(set) var woken: PromptID?
    private var shown = BackgroundWork(tasks: [])

    // An agent can't fill our memory with tasks.
    private static let limit = 1_000
    private static let runningLimit = 500
    private static let shownLimit = 64

    var isEmpty: Bool { running.isEmpty }
    /// Whether anything runs that a session waits for.
    var isAwaited: Bool { running.contains { !$0.isAmbient } }
    /// Whether anything has ended that may start a turn.
    var hasUntold: Bool { !untold.isEmpty }

    /// Takes the whole set.
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
        // What is waited for first, should there be too many.
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

    /// A task started.
    ///
    /// - Parameters:
    ///   - parent: the call whose sub-agent made the call that began it.
    ///   - cause: the prompt that is answered.
    mutating func start(_ message: JSONValue, parent: String?, cause: PromptID?) {
        guard let id = Self.id(message["task_id"]) else { return }
        // Of a sub-agent's sub-agents nothing is shown but what its own call says.
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

    /// Takes in that a task has ended.
    ///
    /// - Returns: the call that began it, where it ran in the background.
    mutating func end(_ message: JSONValue) -> String? {
        guard let id = Self.id(message["task_id"]), let task = known[id], task.isBackground else { return nil }
        woken = task.cause ?? woken
        if let run = Self.id(message["run_id"]) ?? task.run, untold.count < Self.shownLimit { untold.insert(run) }
        return Self.id(message["tool_use_id"]) ?? task.call
    }

    /// The model was told of this run's end.
    mutating func told(_ run: String) { untold.remove(run) }

    mutating func forgetUntold() { untold = [] }

    /// What ended before is no reason for what begins now.
    mutating func forgetWoken() { woken = nil }

    /// Tasks that run and were not asked to stop before.
    mutating func toStop(withAmbient: Bool) -> [String] {
        let ids = running.filter { withAmbient || !$0.isAmbient }.map(\.id).filter { !stopped.contains($0) }
        stopped.formUnion(ids)
        return ids
    }

    /// What is to be shown, when it is not what was shown last.
    mutating func news() -> BackgroundWork? {
        let work = BackgroundWork(tasks: Array(running.prefix(Self.shownLimit)))
        guard work != shown else { return nil }
        shown = work
        return work
    }

    // MARK: - Sub-agents

    /// Takes in that a sub-agent is a call's.
    mutating func tell(agent: String, of call: String) {
        guard agents[agent] == nil, agent.utf8.count <= 200, call.utf8.count <= 200 else { return }
        if agents.count >= Self.limit {
            let ids = Set(running.map(\.id))
            agents = agents.filter { ids.contains($0.key) }
        }
        agents[agent] = call
    }

    /// The call whose sub-agent speaks or asks; `nil` for the agent itself. A sub-agent whose call is not known goes by its own id, so
    /// that it is not taken for the agent.
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

    /// An id that was cut would be another one.
    private static func id(_ value: JSONValue?) -> String? {
        value?.string.flatMap { $0.isEmpty || $0.utf8.count > 200 ? nil : $0 }
    }
}
