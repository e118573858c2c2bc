import Processes

/// Everything a runner is told, in one file of mode 0600 that only the runner reads.
public struct RunnerConfiguration: Sendable, Codable {
    public var session: SessionID
    /// The attempt's fencing number.
    public var attempt: Int
    /// The runner's bearer token. It never stands in an argument or an environment.
    public var token: String
    /// The Unix socket on which the control plane listens for runners.
    public var controlSocket: String
    /// Where this attempt's spool and lock are kept.
    public var folder: String
    /// The agent's program inside its sandbox, whole.
    public var command: Command
    public var wireProtocol: WireProtocol
    /// What the sandbox is, for the event that tells of its start.
    public var sandbox: String
    public var conversation: Conversation
    /// `cgroup.procs` files that the sandbox joins.
    public var controlGroups: [String]
    /// A file whose line `oom_kill N` counts what the kernel killed for lack of memory.
    public var memoryEvents: String?
    /// How long the agent may take to answer the handshake, in milliseconds.
    public var handshakeTimeout: Int
    /// The most that the agent may write in all, in bytes.
    public var outputLimit: Int
    /// The folders that the agent may fill, and the room that it may take in them, in bytes; `nil` where nobody looks after it.
    public var disk: Disk?
    /// How long a person has to answer what the agent asks, in milliseconds.
    public var answerTimeout: Int
    /// How long the agent has between being asked to stop and being killed, in milliseconds.
    public var stopGrace: Int
    /// The sign-in that the agent insists on having as a file.
    public var signIn: SignIn?

    /// Folders on the host that an agent may fill.
    public struct Disk: Sendable, Codable {
        public var folders: [String]
        /// In bytes, of all of them together.
        public var limit: Int

        /// Describes folders.
        public init(folders: [String], limit: Int) {
            self.folders = folders
            self.limit = limit
        }
    }

    /// A sign-in's file in the agent's home. What goes into it is asked for with the runner's token, so that it stands
    /// nowhere else.
    public struct SignIn: Sendable, Codable {
        /// The agent's home on the host.
        public var folder: String
        /// The file's path in it.
        public var file: String
        /// What sync is told of it.
        public var agentType: String
        public var credentialKind: String

        /// Describes a file.
        public init(folder: String, file: String, agentType: String, credentialKind: String) {
            self.folder = folder
            self.file = file
            self.agentType = agentType
            self.credentialKind = credentialKind
        }
    }

    /// Tells a runner what to do.
    public init(
        session: SessionID, attempt: Int, token: String, controlSocket: String, folder: String, command: Command,
        wireProtocol: WireProtocol, sandbox: String, conversation: Conversation, controlGroups: [String], memoryEvents: String?,
        handshakeTimeout: Int, outputLimit: Int, disk: Disk? = nil, answerTimeout: Int, stopGrace: Int, signIn: SignIn? = nil
    ) {
        self.session = session
        self.attempt = attempt
        self.token = token
        self.controlSocket = controlSocket
        self.folder = folder
        self.command = command
        self.wireProtocol = wireProtocol
        self.sandbox = sandbox
        self.conversation = conversation
        self.controlGroups = controlGroups
        self.memoryEvents = memoryEvents
        self.handshakeTimeout = handshakeTimeout
        self.outputLimit = outputLimit
        self.disk = disk
        self.answerTimeout = answerTimeout
        self.stopGrace = stopGrace
        self.signIn = signIn
    }

    /// The lock that a living runner holds. The kernel lets go of it when the runner dies, however it dies.
    public static func lockPath(in folder: String) -> String { folder + "/lock" }
    /// The events that the runner has kept, one a line.
    public static func spoolPath(in folder: String) -> String { folder + "/events.jsonl" }
    /// This configuration's own file.
    public static func configurationPath(in folder: String) -> String { folder + "/runner.json" }
    /// What the runner itself has to say.
    public static func logPath(in folder: String) -> String { folder + "/runner.log" }
}
