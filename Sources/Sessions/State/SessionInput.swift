import AgentProtocol
import Credentials
import Workspaces

/// What can happen to a session.
public enum SessionInput: Sendable, Hashable {
    /// Another session may run now, this one is first in line, and these are the credentials that it is started with.
    case slotFreed([Pin])
    /// It would be its turn, and it has to wait for something else.
    case held(back: String)
    case prepared(PreparedWorkspace)
    /// The credential can't be had, or the workspace or the runner could not be made.
    case startFailed(code: String, message: String)
    /// The runner told something.
    case agent(AgentEvent)
    /// The runner holds its lock but has not been heard of for too long.
    case runnerSilent
    /// A runner that was silent is heard again.
    case runnerReturned
    /// The runner's lock is free: it is dead. What it had spooled was taken in before.
    case runnerDied
    /// SAM was away for so many milliseconds and is back: what it waits for gets its whole time anew.
    case resumed(away: Int64)
    /// The machine's clock was set by so many milliseconds.
    case clockMoved(by: Int64)
    /// The current wait is over.
    case deadlinePassed
    /// Someone wrote a prompt.
    case prompt(PromptID)
    /// Someone took back a prompt.
    case withdrawn(PromptID)
    /// Someone changed the text of a prompt.
    case edited(PromptID)
    /// Someone answered what the agent asks to be allowed.
    case answered(AgentCommand.Answer)
    /// Someone answered what the agent asks in its own protocol.
    case inquiryAnswered(AgentCommand.Reply)
    /// Background work has run for so many minutes without a prompt, which is as long as it may.
    case backgroundOverdue(minutes: Int)
    /// What was asked to stop beside the turns goes on.
    case backgroundGoesOn
    /// The agent was idle for a moment and began nothing by itself.
    case stayedIdle
    /// The agent asks a person something.
    case asked(OpenQuestion)
    /// Someone answered it.
    case replied(question: String, text: String)
    /// Nobody answered it in time.
    case questionExpired(String)
    /// The agent tells how far it has come.
    case progressed(String)
    /// Someone wants the agent to stop what it does at the moment.
    case turnCancelRequested
    /// The agent was asked to stop what it does over a prompt, and goes on.
    case turnGoesOn(PromptID)
    /// The agent is silent for too long over a prompt.
    case stuck(PromptID, sentence: String, StuckAct)
    /// A layer allows the agent less than it was started with.
    case tightened(PermissionMode, note: String)
    /// Someone asked for an end once all prompts are answered.
    case finishRequested
    /// Something happened that whoever follows should know.
    case noted(String)
    /// Who asked for the session was shut out, or left its project.
    case starterShutOut
    /// Someone asked for an end now.
    case cancelRequested
    case salvaged(WorkspaceResult)
    case salvageFailed(String)
    /// Someone wants the work of a kept workspace to be brought out again.
    case salvageRequested
    case cleanedUp
    /// SAM was restored from a backup, which holds no runner and no workspace; with the path of the project's mirror.
    case restored(mirror: String)
}

/// What is to be done about it. Recorded before it is done.
public enum SessionEffect: Sendable, Hashable {
    /// Fetch the repository and make the workspace.
    case prepare
    /// Give up preparing.
    case abandonPreparation
    /// Start the runner of an attempt.
    case launch(attempt: Int)
    /// Ask the runner for something.
    case send(AgentCommand)
    /// Hand a kept prompt to the runner.
    case deliver(PromptID)
    /// Make sure the runner is dead, fence it off, and take the work out of the workspace.
    case salvage
    /// Remove what is no longer needed.
    case cleanUp(keepingWorkspace: Bool)
}
