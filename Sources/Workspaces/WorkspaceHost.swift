import Accounts
import AgentProtocol
import Foundation

/// A place where workspaces live and runners run. This machine is the first; others follow behind the same words.
public protocol WorkspaceHost: Sendable {
    /// Checks that a project's agents can be started here at all, as the project wants them.
    ///
    /// - Throws: ``WorkspaceError`` that says what is missing and how to get it.
    func check(_ project: Project) async throws

    /// Keeps what was not committed until the session's workspace is made, which then starts from it.
    ///
    /// - Throws: ``WorkspaceError``.
    func keep(_ changes: CarriedChanges, of session: SessionID) async throws

    /// Brings the repository here and makes the session's working tree.
    ///
    /// - Throws: ``WorkspaceError``.
    func prepare(_ request: WorkspaceRequest) async throws -> PreparedWorkspace

    /// Starts the runner of an attempt, detached. The configuration is written before.
    ///
    /// - Throws: ``WorkspaceError``.
    func launch(_ launch: RunnerLaunch) async throws

    /// Whether the runner of this attempt is alive, by evidence that can't be mistaken for another process.
    func liveness(of session: SessionID, attempt: Int) async -> RunnerLiveness

    /// Waits until the runner of this attempt has ended.
    ///
    /// - Returns: whether it was waited for; `false` at once where no such runner is seen, or the host has no means to wait for it.
    func waitForRunnerEnd(_ session: SessionID, attempt: Int) async -> Bool

    /// Ends the runner of this attempt by force, and with it its sandbox.
    func killRunner(_ session: SessionID, attempt: Int) async

    /// What the runner kept after a number, and may not have delivered.
    func spooledEvents(_ session: SessionID, attempt: Int, after last: Int) async -> [NumberedEvent]

    /// What a dead runner's agent left in its sign-in file, as far as it can be what it should be.
    ///
    /// - Parameter limit: what is longer is cut after one byte more.
    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``WorkspaceError`` when there is one that can't be read.
    func leftSignIn(_ session: SessionID, file: String, limit: Int) async throws -> Data?

    /// Removes a sign-in file.
    ///
    /// - Throws: ``WorkspaceError``.
    func removeSignIn(_ session: SessionID, file: String) async throws

    /// Takes the work out of a workspace whose runner is dead, however it ended.
    ///
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/salvage``; the workspace stands untouched.
    func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult

    /// Removes what a settled session no longer needs: control groups and sockets, and its workspace once its
    /// work is on the branch.
    /// - Parameter keepingHome: whether what the agent keeps in its home stays, for a session that goes on with this one.
    func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool, keepingHome: Bool) async

    /// Removes everything of a session that is over.
    ///
    /// - Parameter withWork: whether its branches go, too, and not only what stands beside the mirror.
    func forget(_ session: SessionID, of project: ProjectID, withWork: Bool) async

    /// Removes what is kept of a project that is no more.
    func forget(_ project: ProjectID) async
}

/// What is known of a runner's life.
public enum RunnerLiveness: Sendable, Hashable {
    case alive, dead
    /// It can't be told at the moment. Nothing that would harm a living runner may follow from this.
    case unknown
}

/// What to prepare.
public struct WorkspaceRequest: Sendable {
    public var session: SessionID
    public var project: Project
    public var branch: String
    /// The commit to start from, which the mirror has; `nil` for the newest of the repository.
    public var start: String?
    /// The session that it goes on with, whose agent's home it takes over where that was kept.
    public var earlier: SessionID?
    /// How long the repository may take.
    public var limits: FetchLimits
    /// Takes how far it has come.
    public var report: WorkspaceProgress.Report

    /// Asks for a workspace.
    public init(
        session: SessionID, project: Project, branch: String, start: String? = nil, earlier: SessionID? = nil,
        limits: FetchLimits = FetchLimits(), report: @escaping WorkspaceProgress.Report = { _ in }
    ) {
        self.limits = limits
        self.report = report
        self.session = session
        self.project = project
        self.branch = branch
        self.start = start
        self.earlier = earlier
    }
}

/// A workspace that stands.
public struct PreparedWorkspace: Sendable, Hashable, Codable {
    /// The commit that it starts from.
    public var base: String
    /// The repository's default branch, as the remote names it.
    public var defaultBranch: String?
    /// What a person should know of it.
    public var notes: [String]

    /// Describes a workspace.
    public init(base: String, defaultBranch: String?, notes: [String]) {
        self.base = base
        self.defaultBranch = defaultBranch
        self.notes = notes
    }
}

/// An agent's program on this machine.
public struct AgentProgram: Sendable, Hashable {
    /// The program's absolute path on the host.
    public var executable: String
    public var arguments: [String]
    public var wireProtocol: WireProtocol
    /// Folders outside the system's own that it reads, absolute.
    public var folders: [String]
    public var environment: [String: String]
    /// Files that it finds in its home, by their paths there.
    public var files: [String: String]

    /// Names a program.
    public init(
        executable: String, arguments: [String], wireProtocol: WireProtocol = .acp, folders: [String], environment: [String: String],
        files: [String: String] = [:]
    ) {
        self.executable = executable
        self.arguments = arguments
        self.wireProtocol = wireProtocol
        self.folders = folders
        self.environment = environment
        self.files = files
    }

    /// The loopback port inside of a workspace behind which SAM's gateway is.
    static let gatewayPort = 4140
    /// The loopback port behind which the egress proxy is.
    static let egressPort = 4141
    /// The gateway's address, as an agent in a workspace sees it.
    public static let gatewayAddress = "http://127.0.0.1:\(gatewayPort)"
}

/// What to start.
public struct RunnerLaunch: Sendable {
    public var session: SessionID
    public var attempt: Int
    public var project: Project
    public var agent: AgentProgram
    public var token: String
    public var limits: SandboxLimits
    /// Seconds.
    public var handshakeTimeout: Int
    /// Bytes.
    public var outputLimit: Int
    /// What the agent may do without asking.
    public var permissions: PermissionMode
    /// The session that it goes on with.
    public var earlier: Conversation.Earlier?
    /// How long a person has to answer it, in seconds.
    public var answerTimeout: Int
    /// The sign-in file that the runner looks after.
    public var signIn: SignIn?

    /// A sign-in file in the agent's home, and what sync is told of it.
    public struct SignIn: Sendable, Hashable {
        public var file: String
        public var agentType: String
        public var credentialKind: String

        /// Describes a file.
        public init(file: String, agentType: String, credentialKind: String) {
            self.file = file
            self.agentType = agentType
            self.credentialKind = credentialKind
        }
    }

    /// Asks for a runner.
    public init(
        session: SessionID, attempt: Int, project: Project, agent: AgentProgram, token: String, limits: SandboxLimits,
        handshakeTimeout: Int, outputLimit: Int, permissions: PermissionMode, earlier: Conversation.Earlier? = nil, answerTimeout: Int,
        signIn: SignIn? = nil
    ) {
        self.session = session
        self.attempt = attempt
        self.project = project
        self.agent = agent
        self.token = token
        self.limits = limits
        self.handshakeTimeout = handshakeTimeout
        self.outputLimit = outputLimit
        self.permissions = permissions
        self.earlier = earlier
        self.answerTimeout = answerTimeout
        self.signIn = signIn
    }
}

/// What to take out.
public struct SalvageRequest: Sendable {
    public var session: SessionID
    public var project: Project
    public var branch: String
    public var base: String
    /// What the commands inside may use.
    public var limits: SandboxLimits
    /// Patterns, as in `.gitignore`, of files that the agent keeps in the workspace for itself.
    public var leavesBehind: [String]
    /// Takes how far it has come.
    public var report: WorkspaceProgress.Report

    /// Asks for a salvage.
    public init(
        session: SessionID, project: Project, branch: String, base: String, limits: SandboxLimits, leavesBehind: [String] = [],
        report: @escaping WorkspaceProgress.Report = { _ in }
    ) {
        self.report = report
        self.limits = limits
        self.leavesBehind = leavesBehind
        self.session = session
        self.project = project
        self.branch = branch
        self.base = base
    }
}
