/// What an agent has running beside its turn, or after it: the whole of it, each time that it changes.
public struct BackgroundWork: Sendable, Hashable, Codable {
    /// One thing that runs.
    public struct Task: Sendable, Hashable, Codable {
        /// What it is.
        public enum Kind: String, Sendable, Codable, CaseIterable {
            case agent, command, other
        }

        /// The agent's own id of it.
        public var id: String
        public var kind: Kind
        /// What it does, in the agent's words.
        public var title: String
        /// The tool call that began it, by the agent's id.
        public var toolCall: String?
        /// Whether it runs for as long as the agent does, like a watcher, so that no session waits for its end.
        public var isAmbient: Bool

        /// Describes a task.
        public init(id: String, kind: Kind, title: String, toolCall: String? = nil, isAmbient: Bool = false) {
            self.id = id
            self.kind = kind
            self.title = title
            self.toolCall = toolCall
            self.isAmbient = isAmbient
        }
    }

    public var tasks: [Task]

    /// Tells what runs.
    public init(tasks: [Task]) {
        self.tasks = tasks
    }

    /// What a session waits for before it ends.
    public var awaited: [Task] { tasks.filter { !$0.isAmbient } }

    /// The same with every text and list cut to what a person can read. What is waited for goes first.
    public var bounded: BackgroundWork {
        // An id that was cut would be another one.
        let tasks = (awaited + tasks.filter(\.isAmbient)).filter { $0.id.utf8.count <= 200 }
        return BackgroundWork(
            tasks: tasks.prefix(64).map { task in
                Task(
                    id: task.id, kind: task.kind, title: task.title.cut(to: 500), toolCall: task.toolCall?.cut(to: 200),
                    isAmbient: task.isAmbient)
            })
    }
}
