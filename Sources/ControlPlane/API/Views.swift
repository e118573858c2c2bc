import Accounts
import AgentCatalogue
import AgentProtocol
import Cascade
import Sessions
import Settings
import Workspaces

/// A project as the API shows it.
public struct ProjectView: Sendable, Codable {
    public var id: String
    public var name: String
    public var repository: String
    /// `bubblewrap`, or `none` where an administrator chose so.
    public var sandbox: String
    /// UTC milliseconds, as all times of the API.
    public var createdAt: Int64

    init(_ project: Project) {
        id = project.id.rawValue
        name = project.name
        repository = project.repository
        sandbox = project.sandbox.rawValue
        createdAt = project.createdAt
    }
}

/// A session as the API shows it.
public struct SessionView: Sendable, Codable {
    public var id: SessionID
    public var project: String
    public var projectId: String
    public var sandbox: String
    public var agent: String
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
    public var createdAt: Int64
    public var updatedAt: Int64
    /// Only where one session is shown, not in lists.
    public var stages: [StageProgress]?

    init(_ session: Session, queuePlace: Int? = nil, stages: [StageProgress]? = nil) {
        id = session.id
        project = session.projectName
        projectId = session.project.rawValue
        sandbox = session.sandbox.rawValue
        agent = session.agent
        title = session.title
        phase = session.state.phase
        settled = session.state.isSettled
        self.queuePlace = queuePlace
        waitingFor = session.state.deadline?.waitingFor
        failure = session.state.failure
        branch = session.branch
        baseCommit = session.state.workspace?.base
        switch session.state.salvage {
        case .done(let result): self.result = result
        case .failed(let why): salvageFailure = why
        case .none, .running: break
        }
        pendingPrompts = session.state.pending.count
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
    /// The program's path on this machine; missing when it is not installed.
    public var program: String?
    public var install: String?

    init(_ agent: AgentDefinition, programFolder: String) {
        id = agent.id
        name = agent.name
        self.protocol = agent.wireProtocol.rawValue
        description = agent.description
        program = agent.program(programFolder: programFolder)
        install = agent.install
    }
}

/// A setting as the API shows it: what holds, and each layer's word.
public struct SettingView: Sendable, Codable {
    /// One layer's part.
    public struct Layer: Sendable, Codable {
        public var scope: Scope
        /// `absent`, `active`, `inactive` or `failed`.
        public var state: String
        /// What the cascade made of it.
        public var verdict: String
        public var changedBy: String?
        public var changedAt: Int64?
        public var reason: String?
    }

    public var key: String
    public var summary: String
    public var value: String
    /// The scope that decided; missing when the standard value holds.
    public var decidedAt: Scope?
    public var standard: String
    public var mode: String
    public var scopes: [Scope]
    public var layers: [Layer]

    init(_ setting: Setting, _ resolution: Settings.Resolution) {
        key = setting.key
        summary = setting.summary
        standard = setting.standard.text
        mode = setting.mode == .ceiling ? "ceiling" : "override"
        scopes = setting.scopes
        decidedAt = resolution.outcome.layer
        switch resolution.outcome {
        case .found(let found, _): value = found.text
        case .absent: value = setting.standard.text
        case .blocked: value = "off"
        case .failed: value = "broken"
        }
        layers = resolution.trace.map { step in
            var layer = Layer(scope: step.layer, state: "absent", verdict: step.verdict.rawValue)
            switch step.finding {
            case .absent: break
            case .active: layer.state = "active"
            case .inactive(let tombstone):
                layer.state = "inactive"
                layer.changedBy = tombstone.by
                layer.changedAt = tombstone.at
                layer.reason = tombstone.reason
            case .failed(let why):
                layer.state = "failed"
                layer.reason = why
            }
            return layer
        }
    }
}
