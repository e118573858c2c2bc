import Accounts
import AgentProtocol
import Foundation
import Sandbox

/// A host on which workspaces live and runners run. This machine is the first implementation.
///
/// Everything that touches a workspace, a mirror or an agent's program goes through this protocol or one of those that it refines.
public protocol WorkspaceHost: AgentFinder, RepositoryFinder, ResultReader {
    /// Checks that a project's agents can be started here with the project's sandbox.
    ///
    /// - Throws: ``WorkspaceError`` that says what is missing and how to get it.
    func check(_ project: Project) async throws

    /// Stores uncommitted changes until the session's workspace is made, which then starts from them.
    ///
    /// - Throws: ``WorkspaceError``.
    func keep(_ changes: CarriedChanges, of session: SessionID) async throws

    /// Fetches the repository and makes the session's working tree.
    ///
    /// - Throws: ``WorkspaceError``.
    func prepare(_ request: WorkspaceRequest) async throws -> PreparedWorkspace

    /// Writes the configuration of an attempt's runner and starts the runner, detached.
    ///
    /// - Returns: what the host needs to find the runner again; it is stored with the session.
    /// - Throws: ``WorkspaceError``.
    func launch(_ launch: RunnerLaunch) async throws -> RunnerHandle

    /// Whether a runner is alive, by evidence that can't belong to another process.
    func liveness(of runner: RunnerReference) async -> RunnerLiveness

    /// Waits until a runner has ended.
    ///
    /// - Returns: whether it was waited for; `false` at once when no such runner is found, or the host can't wait for it.
    func waitForEnd(of runner: RunnerReference) async -> Bool

    /// Kills a runner, and with it its sandbox, and returns when it is gone.
    ///
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/runner`` when it can't be killed within the host's time limit, or another
    ///   host started it.
    func kill(_ runner: RunnerReference) async throws

    /// The events after a number in a runner's spool, which it may not have delivered.
    func spooledEvents(of runner: RunnerReference, after last: Int) async -> [NumberedEvent]

    /// Reads the sign-in file that a dead runner's agent left.
    ///
    /// - Parameter limit: longer content is cut to one byte more than this.
    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``WorkspaceError`` when it can't be read.
    func leftSignIn(_ session: SessionID, file: String, limit: Int) async throws -> Data?

    /// Removes a sign-in file.
    ///
    /// - Throws: ``WorkspaceError``.
    func removeSignIn(_ session: SessionID, file: String) async throws

    /// Takes the work out of a workspace whose runner is dead, however it ended.
    ///
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/salvage``; the workspace is left untouched.
    func salvage(_ request: SalvageRequest) async throws -> WorkspaceResult

    /// Removes what a settled session no longer needs: control groups and sockets, and its workspace once its work is on the branch.
    /// - Parameter keepingHome: whether the agent's home stays, for a session that continues this one.
    func cleanUp(_ session: SessionID, of project: ProjectID, keepingWorkspace: Bool, keepingHome: Bool) async

    /// Removes everything of a session that is over.
    ///
    /// - Parameter withWork: whether its branches are removed, too, and not only the files outside the mirror.
    func forget(_ session: SessionID, of project: ProjectID, withWork: Bool) async

    /// Removes what is stored for a project that was removed.
    func forget(_ project: ProjectID) async

    /// Pushes a result's branch to the repository it came from, under the same name. For a local repository, none of its hooks run, and
    /// only its objects, refs and logs are written.
    ///
    /// - Returns: where the branch is now, and whether it was there already.
    /// - Throws: ``WorkspaceError`` with git's message.
    @discardableResult
    func land(_ branch: String, of project: Project, limits: FetchLimits) async throws -> Landing

    /// The path on the host of a workspace that was kept, for people; `nil` when it is gone.
    func keptWorkspace(_ session: SessionID) async -> String?

    /// Cleans up after sessions in the background until the task is cancelled: removes leftovers, and packs mirrors one after another.
    ///
    /// - Parameter needs: returns what the sessions of a project need.
    func keepHouse(needs: @escaping @Sendable (ProjectID) async throws -> MirrorNeeds) async
}

/// The known state of a runner.
public enum RunnerLiveness: Sendable, Hashable {
    /// The runner is alive, or dead.
    case alive, dead
    /// The state can't be determined now. Nothing that would harm a living runner may follow from this.
    case unknown
}

/// A request for a workspace.
public struct WorkspaceRequest: Sendable {
    /// The session.
    public var session: SessionID
    /// Its project.
    public var project: Project
    /// The branch for the session's work.
    public var branch: String
    /// The commit to start from, which the mirror has; `nil` for the newest of the repository.
    public var start: String?
    /// The session that this one continues. Its agent's home is copied, if it was kept.
    public var earlier: SessionID?
    /// How long fetching the repository may take.
    public var limits: FetchLimits
    /// The most bytes that the workspace may take on the disk.
    public var disk: Int
    /// Receives the progress.
    public var report: WorkspaceProgress.Report

    /// Creates a request.
    public init(
        session: SessionID, project: Project, branch: String, start: String? = nil, earlier: SessionID? = nil,
        limits: FetchLimits = FetchLimits(), disk: Int = .max, report: @escaping WorkspaceProgress.Report = { _ in }
    ) {
        self.limits = limits
        self.disk = disk
        self.report = report
        self.session = session
        self.project = project
        self.branch = branch
        self.start = start
        self.earlier = earlier
    }
}

/// A workspace that is ready.
public struct PreparedWorkspace: Sendable, Hashable, Codable {
    /// The commit that it starts from.
    public var base: String
    /// The repository's default branch, as the remote names it, where the workspace starts from its newest commit.
    public var defaultBranch: String?
    /// Notes for people.
    public var notes: [String]

    /// Creates a description.
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
    /// Its arguments.
    public var arguments: [String]
    /// The protocol that it speaks.
    public var wireProtocol: WireProtocol
    /// Folders outside the system's that it reads, absolute.
    public var folders: [String]
    /// Its environment variables.
    public var environment: [String: String]
    /// Files to write into its home, by their paths there.
    public var files: [String: String]

    /// Creates a program.
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

    /// The gateway's address, as seen by an agent in a workspace.
    public static let gatewayAddress = "http://127.0.0.1:\(Sandbox.Inside.gatewayPort)"
}

/// A request to start a runner.
public struct RunnerLaunch: Sendable {
    /// The session.
    public var session: SessionID
    /// The attempt.
    public var attempt: Int
    /// The session's project.
    public var project: Project
    /// The agent's program.
    public var agent: AgentProgram
    /// The runner's token for SAM.
    public var token: String
    /// The limits of the sandbox.
    public var limits: SandboxLimits
    /// How long the agent may take to answer the handshake, in seconds.
    public var handshakeTimeout: Int
    /// The most output of the agent that is accepted, in bytes.
    public var outputLimit: Int
    /// What the agent may do without asking.
    public var permissions: PermissionMode
    /// The description of the session that this one continues, for the agent.
    public var earlier: Conversation.Earlier?
    /// How long a person may take to answer the agent's questions, in seconds.
    public var answerTimeout: Int
    /// The sign-in file that the runner looks after.
    public var signIn: SignIn?

    /// A sign-in file in the agent's home, and its description for sync.
    public struct SignIn: Sendable, Hashable {
        /// The file's path in the agent's home.
        public var file: String
        /// The agent's id.
        public var agentType: String
        /// The kind of credential in the file.
        public var credentialKind: String

        /// Creates a description.
        public init(file: String, agentType: String, credentialKind: String) {
            self.file = file
            self.agentType = agentType
            self.credentialKind = credentialKind
        }
    }

    /// Creates a request.
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

/// A request to salvage a workspace.
public struct SalvageRequest: Sendable {
    /// The session.
    public var session: SessionID
    /// The session's project.
    public var project: Project
    /// The branch for the session's work.
    public var branch: String
    /// The commit that the workspace started from.
    public var base: String
    /// The limits of the commands in the sandbox.
    public var limits: SandboxLimits
    /// Patterns, as in `.gitignore`, of files that the agent keeps in the workspace for itself.
    public var leavesBehind: [String]
    /// Receives the progress.
    public var report: WorkspaceProgress.Report

    /// Creates a request.
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

extension WorkspaceHost {
    /// Kills runners.
    ///
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/runner`` when one can't be killed; the others are killed all the same.
    public func kill(_ runners: [RunnerReference]) async throws {
        var failure: WorkspaceError?
        for runner in runners {
            do { try await kill(runner) } catch let error as WorkspaceError { failure = error }
        }
        if let failure { throw failure }
    }
}
