import AgentProtocol
import Wording

/// What a session's agent does apart from answering prompts: background tasks, and a turn that it started by itself.
public struct BackgroundState: Sendable, Hashable, Codable {
    /// A background task.
    public struct Task: Sendable, Hashable, Codable {
        /// The agent's own id for it.
        public var id: String
        /// The kind of task.
        public var kind: BackgroundWork.Task.Kind
        /// What it does, in the agent's words.
        public var title: String
        /// The tool call that started it, by the agent's id.
        public var toolCall: String?
        /// Whether it runs for as long as the agent does, so that the session does not wait for its end.
        public var isAmbient: Bool
        /// When it was first reported, in UTC milliseconds.
        public var since: Int64

        init(_ task: BackgroundWork.Task, since: Int64) {
            id = task.id
            kind = task.kind
            title = task.title
            toolCall = task.toolCall
            isAmbient = task.isAmbient
            self.since = since
        }
    }

    /// The work that was asked to stop, and when, in UTC milliseconds.
    struct Stop: Sendable, Hashable, Codable {
        var at: Int64
        var tasks: [String]
        var followUp: PromptID?
    }

    /// All background tasks that run.
    public internal(set) var tasks: [Task] = []
    /// The prompt that caused the turn that the agent started by itself; `nil` while none runs.
    public internal(set) var followUp: PromptID?
    /// Since when only background work runs and no person's prompt is answered, in UTC milliseconds. Short idle moments in between do not
    /// reset it.
    var since: Int64?
    /// Since when no background work runs, in UTC milliseconds.
    var idleSince: Int64?
    var stop: Stop?
    /// Tasks that did not stop when asked, and are no longer waited for.
    var writtenOff: [String] = []
    /// Whether the log says since the last prompt that background work ran out of time.
    var isOverdue = false

    /// Whether the session waits for a task before it ends.
    public func isAwaited(_ task: Task) -> Bool { !task.isAmbient && !writtenOff.contains(task.id) }

    /// The tasks that the session waits for before it ends.
    public var awaited: [Task] { tasks.filter(isAwaited) }

    /// Whether any work runs that the session waits for.
    public var isRunning: Bool { followUp != nil || tasks.contains(where: isAwaited) }

    /// The work that is waited for, in words for people.
    var sentence: String {
        let awaited = awaited
        guard let first = awaited.first else { return "continuing by itself" }
        let others = awaited.count > 1 ? " and \(awaited.count - 1) more" : ""
        return "waiting for \(awaited.count.of("background task")): \(first.title.cut(to: 120))\(others)"
    }

    mutating func take(_ work: BackgroundWork, now: Int64) {
        let known = Dictionary(tasks.map { ($0.id, $0.since) }, uniquingKeysWith: min)
        tasks = work.tasks.map { Task($0, since: known[$0.id] ?? now) }
        let ids = Set(tasks.map(\.id))
        writtenOff.removeAll { !ids.contains($0) }
    }

    /// The names of the first few tasks, for a sentence.
    static func names(of tasks: [Task], followUp: Bool) -> String {
        let names = tasks.prefix(5).map { "“\($0.title.cut(to: 120))”" } + (followUp ? ["the turn that the agent began by itself"] : [])
        return names.joined(separator: ", ") + (tasks.count > 5 ? " and \(tasks.count - 5) more" : "")
    }
}
