import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Foundation
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
    /// What to know of how its repository was found. Only where it was just added.
    public var note: String?

    init(_ project: Project, note: String? = nil) {
        self.note = note
        id = project.id.rawValue
        name = project.name
        repository = project.repository
        sandbox = project.sandbox
        createdAt = project.createdAt
    }
}

/// What became of the wish that an agent stop its turn.
public enum TurnStop: String, Sendable, Codable {
    /// It was asked to.
    case asked
    /// It was asked to and goes on: it can't.
    case ignored
}

/// Something that an agent has running beside its turns, as the API shows it.
public struct BackgroundTaskView: Sendable, Codable {
    public var id: String
    public var kind: BackgroundWork.Task.Kind
    /// What it does, in the agent's words.
    public var title: String
    /// UTC milliseconds.
    public var since: Int64
    /// Whether the session waits for its end.
    public var awaited: Bool

    init(_ task: BackgroundState.Task, in background: BackgroundState) {
        id = task.id
        kind = task.kind
        title = task.title
        since = task.since
        awaited = background.isAwaited(task)
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
    /// Where a kept workspace stands on the server's machine. Only where one session is shown, not in lists.
    public var workspace: String?
    /// Prompts that wait for the agent to be free.
    public var pendingPrompts: Int
    /// The session that this one goes on with.
    public var continues: SessionID?
    /// What the agent may do without asking.
    public var permissions: PermissionMode
    /// The model that it was started with; missing for the agent's own choice.
    public var model: String?
    /// What the agent waits for a person to answer, the oldest first.
    public var questions: [OpenQuestion]
    /// How far the agent says it has come in its turn.
    public var progress: String?
    /// What became of the wish that it stop its turn; missing when nobody wished it in this turn.
    public var turnStop: TurnStop?
    /// What runs beside the agent's turns; missing when nothing does.
    public var background: [BackgroundTaskView]?
    /// The prompt that caused the turn that the agent began by itself, while it runs.
    public var followUp: PromptID?
    /// What the agent does while it answers a prompt, or while something of it runs, by evidence.
    public var activity: AgentActivity?
    /// What is being done for it beside its agent, and how far that has come; missing when nothing is.
    public var step: WorkspaceProgress?
    public var createdAt: Int64
    public var updatedAt: Int64
    /// Only where one session is shown, not in lists.
    public var stages: [StageProgress]?

    init(
        _ session: Session, workspace: String? = nil, queue: QueueLine.Standing? = nil, stages: [StageProgress]? = nil,
        activity: AgentActivity? = nil,
        step: WorkspaceProgress? = nil
    ) {
        self.step = step
        id = session.id
        project = session.projectName
        projectId = session.project.rawValue
        sandbox = session.sandbox
        agent = session.agent
        provider = session.provider?.rawValue
        title = session.title
        phase = session.state.phase
        settled = session.state.isSettled
        queuePlace = queue?.place
        self.workspace = workspace
        waitingFor = queue?.waitingFor ?? session.state.deadline?.waitingFor
        failure = session.state.failure
        branch = session.branch
        baseCommit = session.state.workspace?.base
        result = session.state.result
        if case .failed(let why) = session.state.salvage { salvageFailure = why }
        pendingPrompts = session.state.pending.count
        continues = session.continues
        permissions = session.permissions
        model = session.model
        questions = session.state.questions
        progress = session.state.turn?.progress
        turnStop = session.state.turn.flatMap { $0.ignoresStop == true ? .ignored : $0.stopAsked == nil ? nil : .asked }
        let tasks = session.state.background.map { background in background.tasks.map { BackgroundTaskView($0, in: background) } } ?? []
        background = tasks.isEmpty ? nil : tasks
        followUp = session.state.background?.followUp
        self.activity = activity
        createdAt = session.createdAt
        updatedAt = session.updatedAt
        self.stages = stages
    }
}

/// An agent as the API shows it.
public struct AgentView: Sendable, Codable {
    /// Which key it would work with, with one of its providers.
    public struct Key: Sendable, Codable {
        public var provider: String
        public var outcome: Explanation.Outcome
        /// Whose, or who turned it off.
        public var scope: Scope?

        init(_ explanation: Explanation) {
            provider = explanation.provider.rawValue
            outcome = explanation.outcome
            scope = explanation.scope
        }
    }

    /// Two models that it knows with a provider.
    public struct Models: Sendable, Codable {
        public var provider: String
        public var fast: String
        public var strong: String
    }

    public var id: String
    public var name: String
    public var `protocol`: String
    public var description: String?
    /// Whose credentials it works with, the usual one first.
    public var providers: [String]
    public var models: [Models]
    /// The program's path on this machine; missing when it is not installed.
    public var program: String?
    /// What the program tells of itself.
    public var version: String?
    /// What it lacks here, a sentence each.
    public var missing: [String]
    /// The keys that it would work with, for whoever asks and in the project that they name.
    public var keys: [Key]
    public var install: String?

    init(_ agent: AgentDefinition, programFolder: String) {
        id = agent.id
        name = agent.name
        self.protocol = agent.wireProtocol.rawValue
        description = agent.description
        providers = agent.providers.map(\.rawValue)
        models = agent.providers.compactMap { provider in
            agent.models[provider].map { Models(provider: provider.rawValue, fast: $0.fast, strong: $0.strong) }
        }
        program = agent.program(programFolder: programFolder)
        let folders = agent.needs.filter { !FileManager.default.fileExists(atPath: $0) }.map { "The folder \($0) is not there." }
        missing = (program == nil ? ["The program \(agent.command[0]) is not installed."] : []) + folders
        keys = []
        install = agent.install
    }

    /// What came of starting its program.
    mutating func add(_ trial: ProgramTrial?) {
        switch trial {
        case .starts(let version): self.version = version
        case .fails(let why): missing.append(why)
        case .untried, nil: break
        }
    }
}
