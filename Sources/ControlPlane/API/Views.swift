import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Sessions
import Workspaces

/// A project as the API shows it.
public struct ProjectView: Sendable, Codable {
    public var id: String
    public var name: String
    public var repository: String
    /// `bubblewrap`, or `none` where an administrator chose so.
    public var sandbox: Project.Sandbox
    /// UTC milliseconds, as all times of the API.
    public var createdAt: Int64

    init(_ project: Project) {
        id = project.id.rawValue
        name = project.name
        repository = project.repository
        sandbox = project.sandbox
        createdAt = project.createdAt
    }
}

/// A session as the API shows it.
public struct SessionView: Sendable, Codable {
    public var id: SessionID
    public var project: String
    public var projectId: String
    public var sandbox: Project.Sandbox
    public var agent: String
    /// Whose credential the agent works with; missing for one that needs none.
    public var provider: String?
    public var title: String
    public var phase: Phase
    /// Whether nothing will happen to it any more.
    public var settled: Bool
    /// Its place in line while it is queued, counting from 1.
    public var queuePlace: Int?
    /// What is being waited for, where something is.
    public var waitingFor: String?
    public var failure: SessionState.Failure?
    /// Where its work goes.
    public var branch: String
    public var baseCommit: String?
    public var result: WorkspaceResult?
    /// Why the work could not be taken out of the workspace, which is kept then.
    public var salvageFailure: String?
    /// Prompts that wait for the agent to be free.
    public var pendingPrompts: Int
    /// What the agent may do without asking.
    public var permissions: PermissionMode
    /// What the agent waits for a person to answer, the oldest first.
    public var questions: [OpenQuestion]
    public var createdAt: Int64
    public var updatedAt: Int64
    /// Only where one session is shown, not in lists.
    public var stages: [StageProgress]?

    init(_ session: Session, queuePlace: Int? = nil, stages: [StageProgress]? = nil) {
        id = session.id
        project = session.projectName
        projectId = session.project.rawValue
        sandbox = session.sandbox
        agent = session.agent
        provider = session.provider?.rawValue
        title = session.title
        phase = session.state.phase
        settled = session.state.isSettled
        self.queuePlace = queuePlace
        waitingFor = session.state.deadline?.waitingFor ?? session.state.heldBackBy
        failure = session.state.failure
        branch = session.branch
        baseCommit = session.state.workspace?.base
        switch session.state.salvage {
        case .done(let result): self.result = result
        case .failed(let why): salvageFailure = why
        case .none, .running: break
        }
        pendingPrompts = session.state.pending.count
        permissions = session.permissions
        questions = session.state.questions
        createdAt = session.createdAt
        updatedAt = session.updatedAt
        self.stages = stages
    }
}

/// An agent as the API shows it.
public struct AgentView: Sendable, Codable {
    public var id: String
    public var name: String
    public var `protocol`: String
    public var description: String?
    /// Whose credentials it works with, the usual one first.
    public var providers: [String]
    /// The program's path on this machine; missing when it is not installed.
    public var program: String?
    public var install: String?

    init(_ agent: AgentDefinition, programFolder: String) {
        id = agent.id
        name = agent.name
        self.protocol = agent.wireProtocol.rawValue
        description = agent.description
        providers = agent.providers.map(\.rawValue)
        program = agent.program(programFolder: programFolder)
        install = agent.install
    }
}
