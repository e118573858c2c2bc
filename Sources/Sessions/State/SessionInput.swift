import Accounts
import AgentProtocol
import Credentials
import Workspaces

/// What can happen to a session.
public enum SessionInput: Sendable, Hashable {
    /// A slot is free and this session is next; it starts with these credentials.
    case slotFreed([Pin])
    /// It is next, but has to wait for something else.
    case held(back: String)
    /// The workspace is ready.
    case prepared(PreparedWorkspace)
    /// The credential is not available, or the workspace or the runner could not be made.
    case startFailed(code: String, message: String)
    /// The runner reported an event.
    case agent(AgentEvent)
    /// The runner holds its lock but has not reported for too long.
    case runnerSilent
    /// A silent runner reports again.
    case runnerReturned
    /// The runner's lock is free: it is dead. Its spool was stored before.
    case runnerDied
    /// SAM was away for this many milliseconds and is back: its waits start over.
    case resumed(away: Int64)
    /// The machine's clock was set by this many milliseconds.
    case clockMoved(by: Int64)
    /// The current wait is over.
    case deadlinePassed
    /// A user wrote a prompt.
    case prompt(PromptID)
    /// A user withdrew a prompt.
    case withdrawn(PromptID)
    /// The user who wrote a prompt that is not delivered yet may not run sessions in the project any more.
    case authorShutOut(PromptID, note: String)
    /// A user changed the text of a prompt.
    case edited(PromptID)
    /// A user answered a permission question.
    case answered(AgentCommand.Answer)
    /// A user answered an inquiry.
    case inquiryAnswered(AgentCommand.Reply)
    /// Background work has run for this many minutes without a prompt, which is the most allowed.
    case backgroundOverdue(minutes: Int)
    /// Background work that was asked to stop has not.
    case backgroundGoesOn
    /// The agent was idle for a moment and started no turn by itself.
    case stayedIdle
    /// The agent asks a person a text question.
    case asked(OpenQuestion)
    /// A user answered a text question.
    case replied(question: String, text: String)
    /// A text question was not answered in time.
    case questionExpired(String)
    /// The agent reports its progress.
    case progressed(String)
    /// A user wants the agent to stop its turn and background work.
    case turnCancelRequested
    /// The agent was asked to stop its turn and has not.
    case turnGoesOn(PromptID)
    /// The agent has been silent for too long during its turn.
    case stuck(PromptID, sentence: String, StuckAct)
    /// A layer allows the agent less than it was started with.
    case tightened(PermissionMode, note: String)
    /// A user asked for the session to end once all prompts are answered.
    case finishRequested
    /// A note for followers.
    case noted(String)
    /// The user who created the session may not run sessions in its project any more.
    case starterShutOut
    /// A user asked for the session to end now.
    case cancelRequested
    /// The work was salvaged.
    case salvaged(WorkspaceResult)
    /// The salvage failed, with the reason.
    case salvageFailed(String)
    /// A user wants a kept workspace to be salvaged again.
    case salvageRequested
    /// The workspace can't be removed, with the reason.
    case workspaceKept(String)
    /// The clean-up is complete.
    case cleanedUp
    /// SAM was restored from a backup, which has no runner and no workspace; with the session's project.
    case restored(ProjectID)
}

/// What has to be done because of an input. Recorded before it is done.
public enum SessionEffect: Sendable, Hashable {
    /// Fetch the repository and make the workspace.
    case prepare
    /// Stop preparing.
    case abandonPreparation
    /// Start the runner of an attempt.
    case launch(attempt: Int)
    /// Send the runner a command.
    case send(AgentCommand)
    /// Deliver a stored prompt to the runner.
    case deliver(PromptID)
    /// Make sure that the runner is dead, fence it off, and salvage the work from the workspace.
    case salvage
    /// Remove what the session no longer needs.
    case cleanUp(keepingWorkspace: Bool)
}
