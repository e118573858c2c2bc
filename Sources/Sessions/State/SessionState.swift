import AgentProtocol
import Workspaces

/// Everything the state machine knows of a session. It is stored whole, in the transaction that appends to the log.
public struct SessionState: Sendable, Hashable, Codable {
    /// When a session with nothing left to do ends.
    public enum Ending: String, Sendable, Codable {
        /// As soon as every prompt was answered.
        case whenIdle
        /// When someone asks for it.
        case onRequest
    }

    /// Why a session failed.
    public struct Failure: Sendable, Hashable, Codable {
        /// A word for programs: that of the agent's exit, or a step of SAM's own.
        public var code: String
        /// A sentence for people.
        public var message: String
        /// The last that the agent wrote outside its protocol.
        public var lastWords: String?
    }

    /// What became of the work in the workspace.
    public enum Salvage: Sendable, Hashable, Codable {
        /// There is none yet.
        case none
        case running
        case done(WorkspaceResult)
        /// The workspace is kept where it is.
        case failed(String)
    }

    /// What was said of a turn while it runs, which nobody wants to know of the next.
    public struct TurnNotes: Sendable, Hashable, Codable {
        /// How far the agent says it has come, and how often it has said so.
        public var progress: String?
        public var reports = 0
        /// Whether it was told that the agent is silent.
        public var isStuck = false
        /// When it was asked to stop, in UTC milliseconds.
        public var stopAsked: Int64?
        /// Whether it goes on all the same.
        public var ignoresStop: Bool?
    }

    /// The moment at which the current wait is over.
    public struct Deadline: Sendable, Hashable, Codable {
        /// UTC milliseconds.
        public var at: Int64
        /// How long the wait may take, in milliseconds.
        public var wait: Int64
        /// What is being waited for, in words.
        public var waitingFor: String
    }

    public var phase = Phase.queued
    public var ending: Ending
    /// The fencing number of the newest attempt; 0 before the first.
    public var attempt = 0
    public var workspace: PreparedWorkspace?
    /// Prompts that were kept and not yet handed over, in order.
    public var pending: [PromptID] = []
    /// The prompt that was handed over last and is not answered yet.
    public var current: PromptID?
    /// What the agent waits for a person to answer, the oldest first.
    public var questions: [OpenQuestion] = []
    /// The agent's own id of its conversation, where it can load it again.
    public var conversation: String?
    /// What was said of the turn that runs; `nil` when nothing was.
    public var turn: TurnNotes?
    /// What the agent does beside answering prompts; `nil` for one that never told of anything.
    public var background: BackgroundState?
    /// Whether the agent was seen to be of the kind that begins turns by itself.
    var goesOnByItself: Bool?
    /// Since when a session that ends when it is idle waits for such a turn, in UTC milliseconds.
    public internal(set) var idleSince: Int64?
    /// Whether the agent has begun to answer the current prompt.
    public var isAnswering = false
    public var failure: Failure?
    public var salvage = Salvage.none
    /// What was brought out before the work was asked for again.
    public var earlierResult: WorkspaceResult?
    /// The last turn ended with this error.
    public var turnError: String?
    /// The last turn was one that the agent began by itself, and ended with this error.
    public var followUpError: String?
    /// The runner of the newest attempt was heard.
    public var runnerHasSpoken = false
    /// The agent's end is in the log, and with it everything that it did.
    public var hasWholeLog = false
    /// The runner's agent has ended, or the runner is dead.
    public var runnerIsGone = false
    /// The phase to return to when an interrupted session's runner comes back.
    public var interruptedPhase: Phase?
    public var deadline: Deadline?
    /// What a queued session waits for, when it is not its turn alone.
    public var heldBackBy: String?
    /// What the session no longer needs was removed.
    public var isCleanedUp = false

    /// A session that has just been created.
    public init(ending: Ending) {
        self.ending = ending
    }

    /// What was brought out of the workspace, by the last try that brought anything out.
    public var result: WorkspaceResult? {
        if case .done(let result) = salvage { result } else { earlierResult }
    }

    /// Whether nothing will happen to the session any more.
    public var isSettled: Bool { phase.isEnd && isCleanedUp }

    /// Whether it counts against the limit of sessions that run at once.
    public var holdsSlot: Bool { phase != .queued && !isSettled }
}
