import AgentProtocol
import Credentials
import Workspaces

/// What SAM itself writes into a session's log, beside what the agent does.
public enum LogEntry: Sendable, Hashable, Codable {
    /// The session entered a phase.
    case state(StateChange)
    /// A prompt changed its state.
    case prompt(PromptID, PromptState)
    /// The session was started with this credential, and this is how it came about. No secret stands here.
    case credential(Pin)
    /// The workspace stands.
    case workspace(PreparedWorkspace)
    /// The work is on the branch, or there was none.
    case result(WorkspaceResult)
    /// The agent asks a person something, or what came of it.
    case question(QuestionEntry)
    /// A permission that ended with its runner, which could not log that itself.
    case permission(Permission)
    /// An inquiry that ended in the same way.
    case inquiry(Inquiry)
    /// How far the agent says it has come.
    case progress(String)
    /// A sentence for whoever follows.
    case note(String)
}

/// A phase that was entered.
public struct StateChange: Sendable, Hashable, Codable {
    public var phase: Phase
    public var attempt: Int
    public var failure: SessionState.Failure?

    /// Tells a phase.
    public init(phase: Phase, attempt: Int, failure: SessionState.Failure? = nil) {
        self.phase = phase
        self.attempt = attempt
        self.failure = failure
    }
}

/// How far a prompt has come.
public enum PromptState: String, Sendable, Codable {
    /// Stored, and handed over when the agent is free.
    case kept
    /// On its way to the agent.
    case delivered
    /// The agent answers it.
    case answering
    /// Answered.
    case done
    /// Taken back before it was handed over.
    case withdrawn
    /// Handed over, and then someone cancelled the session before it was answered.
    case cancelled
    /// Handed over, and then the runner died: the agent may have seen it or not. It is not sent again by itself.
    case uncertain
}
