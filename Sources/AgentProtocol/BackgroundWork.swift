/// Everything that an agent runs outside its turns. Each event has the complete set.
public struct BackgroundWork: Sendable, Hashable, Codable {
    /// A background task.
    public struct Task: Sendable, Hashable, Codable {
        /// The kind of task.
        public enum Kind: String, Sendable, Codable, CaseIterable {
            /// A sub-agent, a command, or something else.
            case agent, command, other
        }

        /// The agent's own id of the task.
        public var id: String
        /// The kind of task.
        public var kind: Kind
        /// The task in the agent's words.
        public var title: String
        /// The id of the tool call that started it.
        public var toolCall: String?
        /// Whether it runs as long as the agent does, like a watcher, so that no session waits for its end.
        public var isAmbient: Bool

        /// Creates a task.
        public init(id: String, kind: Kind, title: String, toolCall: String? = nil, isAmbient: Bool = false) {
            self.id = id
            self.kind = kind
            self.title = title
            self.toolCall = toolCall
            self.isAmbient = isAmbient
        }
    }

    /// The running tasks.
    public var tasks: [Task]

    /// Creates a set of tasks.
    public init(tasks: [Task]) {
        self.tasks = tasks
    }

    /// The tasks that a session waits for before it ends.
    public var awaited: [Task] { tasks.filter { !$0.isAmbient } }

    /// The same with every text and list cut to a bounded size. Awaited tasks come first.
    public var bounded: BackgroundWork {
        // Tasks with longer ids are dropped: a shortened id would be a different one.
        let tasks = (awaited + tasks.filter(\.isAmbient)).filter { $0.id.utf8.count <= 200 }
        return BackgroundWork(
            tasks: tasks.prefix(64).map { task in
                Task(
                    id: task.id, kind: task.kind, title: task.title.cut(to: 500), toolCall: task.toolCall?.cut(to: 200),
                    isAmbient: task.isAmbient)
            })
    }
}
