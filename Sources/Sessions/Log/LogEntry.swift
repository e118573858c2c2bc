import AgentProtocol
import Credentials
import Workspaces

/// What SAM itself writes into a session's log, in addition to the agent's events.
public enum LogEntry: Sendable, Hashable, Codable {
    /// The session entered a phase.
    case state(StateChange)
    /// A prompt changed its state.
    case prompt(PromptID, PromptState)
    /// The session was started with this credential; the pin says how it was resolved. Contains no secret.
    case credential(Pin)
    /// The workspace is ready.
    case workspace(PreparedWorkspace)
    /// The work is on the branch, or there was none.
    case result(WorkspaceResult)
    /// The agent asks a person a question, or the question has an outcome.
    case question(QuestionEntry)
    /// A permission that ended with its runner, which could not log that itself.
    case permission(Permission)
    /// An inquiry that ended with its runner, which could not log that itself.
    case inquiry(Inquiry)
    /// The progress that the agent reports.
    case progress(String)
    /// A sentence for followers.
    case note(String)
}

/// A phase that was entered.
public struct StateChange: Sendable, Hashable, Codable {
    /// The phase.
    public var phase: Phase
    /// The attempt in which it was entered.
    public var attempt: Int
    /// Why the session failed, or was interrupted for good; `nil` in other phases.
    public var failure: SessionState.Failure?

    /// Creates a change.
    public init(phase: Phase, attempt: Int, failure: SessionState.Failure? = nil) {
        self.phase = phase
        self.attempt = attempt
        self.failure = failure
    }
}

/// The state of a prompt.
public enum PromptState: String, Sendable, Codable {
    /// Stored; it is delivered when the agent is free.
    case kept
    /// On its way to the agent.
    case delivered
    /// The agent answers it.
    case answering
    /// Answered.
    case done
    /// Withdrawn before it was delivered.
    case withdrawn
    /// The session was cancelled after it was delivered and before it was answered.
    case cancelled
    /// The runner died after it was delivered: the agent may have seen it or not. It is not sent again automatically.
    case uncertain
}
