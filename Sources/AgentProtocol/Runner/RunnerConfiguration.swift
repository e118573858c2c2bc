/// What a runner has to run, and within which limits: in the file that it starts from, or the answer to `GET /runner/v1/configuration`.
///
/// It names no path but those in the agent's catalogue entry and environment: the runner builds the sandbox from it where it runs
/// (``RunnerPlace``).
public struct RunnerConfiguration: Sendable, Codable {
    /// The session's id.
    public var session: SessionID
    /// The attempt's fencing number.
    public var attempt: Int
    /// The agent to run.
    public var agent: Agent
    /// The kind of sandbox, as in the event ``AgentEvent/agentStarted(_:)``.
    public var sandbox: SandboxKind
    /// The limits of the sandbox.
    public var limits: Limits
    /// The conversation to open.
    public var conversation: Conversation
    /// The time limit for the agent's handshake, in milliseconds.
    public var handshakeTimeout: Int
    /// The limit on the agent's total output, in bytes.
    public var outputLimit: Int
    /// The time limit for a person's answer, in milliseconds.
    public var answerTimeout: Int
    /// The time between the request to stop and the first signal, in milliseconds.
    public var stopGrace: Int
    /// The sign-in that the agent needs as a file.
    public var signIn: SignIn?

    /// How an agent is confined.
    public enum SandboxKind: String, Sendable, Codable {
        /// In a sandbox by bubblewrap.
        case bubblewrap
        /// Not at all.
        case none
    }

    /// An agent, as its catalogue describes it.
    public struct Agent: Sendable, Codable {
        /// The arguments of its program.
        public var arguments: [String]
        /// The protocol that it speaks.
        public var wireProtocol: WireProtocol
        /// Folders outside the system's that it reads, as the catalogue names them.
        public var folders: [String]
        /// Its environment variables.
        public var environment: [String: String]
        /// Files to write into its home, by their paths there.
        public var files: [String: String]

        /// Creates a description of an agent.
        public init(
            arguments: [String], wireProtocol: WireProtocol, folders: [String] = [], environment: [String: String] = [:],
            files: [String: String] = [:]
        ) {
            self.files = files
            self.arguments = arguments
            self.wireProtocol = wireProtocol
            self.folders = folders
            self.environment = environment
        }
    }

    /// The limits of a sandbox.
    public struct Limits: Sendable, Hashable, Codable {
        /// Memory, in bytes.
        public var memory: Int
        /// The number of processes and threads.
        public var processes: Int
        /// Processor time, in percent of one core.
        public var cpuPercent: Int
        /// Disk space of the workspace and the agent's home together, in bytes.
        public var disk: Int

        /// Creates limits.
        public init(memory: Int, processes: Int, cpuPercent: Int, disk: Int) {
            self.memory = memory
            self.processes = processes
            self.cpuPercent = cpuPercent
            self.disk = disk
        }
    }

    /// A sign-in's file in the agent's home. The runner fetches its content with the runner's token, so that it is stored nowhere else.
    public struct SignIn: Sendable, Codable {
        /// The file's path in the agent's home.
        public var file: String
        /// The agent's id in the catalogue, for credential sync.
        public var agentType: String
        /// `oauth` or `apiKey`, for credential sync.
        public var credentialKind: String

        /// Creates a description of a file.
        public init(file: String, agentType: String, credentialKind: String) {
            self.file = file
            self.agentType = agentType
            self.credentialKind = credentialKind
        }
    }

    /// Creates a configuration.
    public init(
        session: SessionID, attempt: Int, agent: Agent, sandbox: SandboxKind, limits: Limits, conversation: Conversation,
        handshakeTimeout: Int, outputLimit: Int, answerTimeout: Int, stopGrace: Int, signIn: SignIn? = nil
    ) {
        self.session = session
        self.attempt = attempt
        self.agent = agent
        self.sandbox = sandbox
        self.limits = limits
        self.conversation = conversation
        self.handshakeTimeout = handshakeTimeout
        self.outputLimit = outputLimit
        self.answerTimeout = answerTimeout
        self.stopGrace = stopGrace
        self.signIn = signIn
    }
}
