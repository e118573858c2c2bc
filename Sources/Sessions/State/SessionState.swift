import AgentProtocol
import Workspaces

/// Everything the state machine knows of a session. It is stored as a whole, in the transaction that appends to the log.
public struct SessionState: Sendable, Hashable, Codable {
    /// When an idle session ends.
    public enum Ending: String, Sendable, Codable {
        /// As soon as all prompts are answered, no background work runs and no inquiry is open.
        case whenIdle
        /// When a user asks for it.
        case onRequest
    }

    /// Why a session failed.
    public struct Failure: Sendable, Hashable, Codable {
        /// A code for programs: that of the agent's exit, or of a step of SAM's own.
        public var code: String
        /// A sentence for people.
        public var message: String
        /// The last output of the agent outside its protocol.
        public var lastWords: String?
    }

    /// The state of the salvage of the work in the workspace.
    public enum Salvage: Sendable, Hashable, Codable {
        /// Not started.
        case none
        /// In progress.
        case running
        /// Done, with the result.
        case done(WorkspaceResult)
        /// Failed, with the reason. The workspace is kept.
        case failed(String)
    }

    /// What was reported about the current turn. Dropped when the turn ends.
    public struct TurnNotes: Sendable, Hashable, Codable {
        /// The progress that the agent last reported.
        public var progress: String?
        /// How often the agent has reported progress.
        public var reports = 0
        /// Whether the log says that the agent is silent.
        public var isStuck = false
        /// When it was asked to stop, in UTC milliseconds.
        public var stopAsked: Int64?
        /// Whether it has ignored the request to stop.
        public var ignoresStop: Bool?
    }

    /// When the current wait is over.
    public struct Deadline: Sendable, Hashable, Codable {
        /// The time, in UTC milliseconds.
        public var at: Int64
        /// How long the wait may take, in milliseconds.
        public var wait: Int64
        /// What is waited for, in words.
        public var waitingFor: String
    }

    /// The current phase.
    public var phase = Phase.queued
    /// When the session ends by itself.
    public var ending: Ending
    /// The fencing number of the newest attempt; 0 before the first.
    public var attempt = 0
    /// The workspace, once it is ready.
    public var workspace: PreparedWorkspace?
    /// Prompts that are stored and not yet delivered, in order.
    public var pending: [PromptID] = []
    /// The prompt that was delivered last and is not answered yet.
    public var current: PromptID?
    /// The agent's open questions, the oldest first.
    public var questions: [OpenQuestion] = []
    /// The agent's own id for its conversation, if it can load it again.
    public var conversation: String?
    /// Notes on the current turn; `nil` when there are none.
    public var turn: TurnNotes?
    /// When the agent's progress was logged in the last minute, in UTC milliseconds; `nil` when it never was.
    var reportTimes: [Int64]?
    /// The agent's background work; `nil` when it never reported any.
    public var background: BackgroundState?
    /// Whether the agent is known to start turns by itself.
    var goesOnByItself: Bool?
    /// Since when a session that ends when idle waits for such a turn, in UTC milliseconds.
    public internal(set) var idleSince: Int64?
    /// Whether the agent has started to answer the current prompt.
    public var isAnswering = false
    /// Why the session failed, or was interrupted for good; `nil` otherwise.
    public var failure: Failure?
    /// The state of the salvage.
    public var salvage = Salvage.none
    /// The result of the salvage before the last one was requested.
    public var earlierResult: WorkspaceResult?
    /// The error with which the last turn ended.
    public var turnError: String?
    /// The error with which the last turn ended, when the agent had started that turn by itself.
    public var followUpError: String?
    /// Whether the runner of the newest attempt has reported.
    public var runnerHasSpoken = false
    /// Whether the agent's end is in the log, and with it all its events.
    public var hasWholeLog = false
    /// Whether the runner's agent has ended, or the runner is dead.
    public var runnerIsGone = false
    /// The phase to return to when an interrupted session's runner comes back.
    public var interruptedPhase: Phase?
    /// The deadline of the current wait; `nil` when there is none.
    public var deadline: Deadline?
    /// What a queued session waits for, when it is more than its turn.
    public var heldBackBy: String?
    /// Whether the clean-up is complete.
    public var isCleanedUp = false

    /// Creates the state of a new session.
    public init(ending: Ending) {
        self.ending = ending
    }

    /// Whether the outcome is decided: no runner brings the session back. Its agent may still have to stop, and its work to be salvaged.
    /// Once that is done as well, it ``isSettled``.
    var hasOutcome: Bool { phase.isEnd && phase != .interrupted }

    /// The result of the last salvage that succeeded.
    public var result: WorkspaceResult? {
        if case .done(let result) = salvage { result } else { earlierResult }
    }

    /// Whether nothing will happen to the session any more: it has ended, its work is salvaged or kept, and the rest is cleaned up. Only a
    /// user who has a kept workspace salvaged again changes that.
    public var isSettled: Bool { phase.isEnd && isCleanedUp }

    /// Whether it counts against the limit of sessions that run at once.
    public var holdsSlot: Bool { phase != .queued && !isSettled }

    /// Whether the session is over while its runner has still to end.
    var awaitsRunner: Bool { (phase == .cancelled || phase == .failed) && !runnerIsGone }

    /// Whether the workspace has work that could not be salvaged.
    public var keepsWorkspace: Bool {
        switch salvage {
        case .failed: true
        case .done(let result): !result.remaining.isEmpty
        case .none, .running: false
        }
    }
}
