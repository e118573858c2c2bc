import Accounts
import AgentProtocol

/// A place where workspaces live and runners run. This machine is the first; others follow behind the same words.
public protocol WorkspaceHost: Sendable {
    /// Checks that a project's agents can be started here at all, as the project wants them.
    ///
    /// - Throws: ``WorkspaceError`` that says what is missing and how to get it.
    func check(_ project: Project) async throws

    /// Brings the repository here and makes the session's working tree.
    ///
    /// - Throws: ``WorkspaceError``.
    func prepare(_ request: WorkspaceRequest) async throws -> PreparedWorkspace

    /// Starts the runner of an attempt, detached. The configuration is written before.
    ///
    /// - Throws: ``WorkspaceError``.
    func launch(_ launch: RunnerLaunch) async throws

    /// Whether the runner of this attempt is alive, by evidence that can't be mistaken for another process.
    func isRunnerAlive(_ session: SessionID, attempt: Int) -> Bool

    /// Ends the runner of this attempt by force, and with it its sandbox.
    func killRunner(_ session: SessionID, attempt: Int) async

    /// What the runner kept after a number, and may not have delivered.
    func spooledEvents(_ session: SessionID, attempt: Int, after last: Int) async -> [NumberedEvent]

    /// Takes the work out of a workspace whose runner is dead, however it ended.
    ///
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/salvage``; the workspace stands untouched.
    func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult

    /// Removes what a settled session no longer needs: control groups and sockets, and its workspace once its
    /// work is on the branch.
    func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool) async

    /// Removes everything of a session that is over. Its branch stays in the mirror.
    func forget(_ session: SessionID) async
}

/// What to prepare.
public struct WorkspaceRequest: Sendable {
    public var session: SessionID
    public var project: Project
    public var branch: String

    /// Asks for a workspace.
    public init(session: SessionID, project: Project, branch: String) {
        self.session = session
        self.project = project
        self.branch = branch
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
    /// Folders outside the system's own that it reads, absolute.
    public var folders: [String]
    public var environment: [String: String]

    /// Names a program.
    public init(executable: String, arguments: [String], folders: [String], environment: [String: String]) {
        self.executable = executable
        self.arguments = arguments
        self.folders = folders
        self.environment = environment
    }
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

    /// Asks for a runner.
    public init(
        session: SessionID, attempt: Int, project: Project, agent: AgentProgram, token: String, limits: SandboxLimits,
        handshakeTimeout: Int, outputLimit: Int
    ) {
        self.session = session
        self.attempt = attempt
        self.project = project
        self.agent = agent
        self.token = token
        self.limits = limits
        self.handshakeTimeout = handshakeTimeout
        self.outputLimit = outputLimit
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

    /// Asks for a salvage.
    public init(session: SessionID, project: Project, branch: String, base: String, limits: SandboxLimits) {
        self.limits = limits
        self.session = session
        self.project = project
        self.branch = branch
        self.base = base
    }
}

/// What a session left: a branch in the project's mirror, or nothing new.
public struct WorkspaceResult: Sendable, Hashable, Codable {
    /// `nil` when the agent changed nothing.
    public var branch: String?
    public var base: String
    public var commit: String
    public var commits: Int
    public var files: Int
    public var insertions: Int
    public var deletions: Int
    /// The mirror that holds the branch: what `git fetch` takes.
    public var mirror: String

    /// Describes a result.
    public init(
        branch: String?, base: String, commit: String, commits: Int, files: Int, insertions: Int, deletions: Int, mirror: String
    ) {
        self.branch = branch
        self.base = base
        self.commit = commit
        self.commits = commits
        self.files = files
        self.insertions = insertions
        self.deletions = deletions
        self.mirror = mirror
    }
}
