import Accounts
import AgentProtocol
import Credentials
import Sessions
import Workspaces

/// A session in the API.
public struct SessionView: Sendable, Codable {
    /// The session's id.
    public var id: SessionID
    /// The project's name.
    public var project: String
    /// The project's id.
    public var projectId: String
    /// The sandbox of its agent.
    public var sandbox: Project.Sandbox
    /// The agent's id.
    public var agent: String
    /// The provider whose credential the agent uses; missing if it needs none.
    public var provider: String?
    /// The session's title.
    public var title: String
    /// The session's phase.
    public var phase: Phase
    /// Whether the session has reached its final state.
    public var settled: Bool
    /// The position in the queue, counted from 1; missing if it is not queued.
    public var queuePlace: Int?
    /// The event that the session waits for; missing if there is none.
    public var waitingFor: String?
    /// The reason why it failed.
    public var failure: SessionState.Failure?
    /// The branch for its work.
    public var branch: String
    /// The commit that it started from.
    public var baseCommit: String?
    /// The result.
    public var result: ResultView?
    /// Why salvage failed; the workspace is kept in this case.
    public var salvageFailure: String?
    /// The path of a kept workspace on the server's machine. Only in views of one session, not in lists.
    public var workspace: String?
    /// The number of prompts that wait for the agent.
    public var pendingPrompts: Int
    /// The session that this one continues.
    public var continues: SessionID?
    /// The actions that the agent may take without asking.
    public var permissions: PermissionMode
    /// The model that it was started with; missing for the agent's own choice.
    public var model: String?
    /// The agent's open questions, oldest first.
    public var questions: [OpenQuestion]
    /// The progress in the turn that the agent reported.
    public var progress: String?
    /// The state of a request to stop this turn; missing if there was none.
    public var turnStop: TurnStop?
    /// The agent's background tasks; missing if there are none.
    public var background: [BackgroundTaskView]?
    /// The prompt that caused the running turn, if the agent started the turn by itself.
    public var followUp: PromptID?
    /// The observed activity of the agent, while it answers a prompt or has work running.
    public var activity: AgentActivity?
    /// The current step of preparing or salvaging the workspace and its progress; missing if there is none.
    public var step: WorkspaceProgress?
    /// The time of its creation, in UTC milliseconds.
    public var createdAt: Int64
    /// The time of its last change, in UTC milliseconds.
    public var updatedAt: Int64
    /// Its phases with their durations. Only in views of one session, not in lists.
    public var stages: [StageProgress]?
    /// The time at which its branch last landed, in UTC milliseconds; missing if it never did.
    public var landedAt: Int64?
    /// What landing its branch did. Only in the response that lands it.
    public var landing: Landing?

    package init(
        _ session: Session, places: ResultPlaces, workspace: String? = nil, queue: QueueStanding? = nil,
        stages: [StageProgress]? = nil, activity: AgentActivity? = nil, step: WorkspaceProgress? = nil, landedAt: Int64? = nil
    ) {
        self.step = step
        self.landedAt = landedAt
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
        result = session.state.result.map { ResultView($0, at: places) }
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

/// A background task of an agent in the API.
public struct BackgroundTaskView: Sendable, Codable {
    /// The agent's id of the task.
    public var id: String
    /// The kind of task.
    public var kind: BackgroundWork.Task.Kind
    /// The task in the agent's words.
    public var title: String
    /// The time of its start, in UTC milliseconds.
    public var since: Int64
    /// Whether the session waits for its end.
    public var awaited: Bool

    package init(_ task: BackgroundState.Task, in background: BackgroundState) {
        id = task.id
        kind = task.kind
        title = task.title
        since = task.since
        awaited = background.isAwaited(task)
    }
}

/// The state of a request to stop the agent's turn.
public enum TurnStop: String, Sendable, Codable {
    /// The agent was asked to stop.
    case asked
    /// The agent was asked but can't stop, and continues.
    case ignored
}
