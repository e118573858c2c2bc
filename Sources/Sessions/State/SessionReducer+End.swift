import AgentProtocol
import Workspaces

// The end of a session: what is lost with its runner, and what is salvaged.
extension SessionReducer {
    mutating func fail(_ failure: SessionState.Failure) {
        state.failure = failure
        enter(.failed)
    }

    /// Records that the runner is gone and closes all questions, because no runner is left to receive an answer.
    mutating func loseRunner() {
        state.runnerIsGone = true
        state.background = nil
        state.idleSince = nil
        dropQuestions()
        // A dead runner could not log the end of these.
        log += state.questions.compactMap(\.dropped)
        state.questions = []
    }

    /// Closes the text questions when the agent's turn is over. The runner closes permissions and inquiries.
    mutating func dropQuestions() {
        for question in state.questions where question.kind == .text { settle(question.id, QuestionAnswer(text: nil, by: .turn)) }
    }

    /// Marks a prompt that was delivered and not answered: whether the agent saw it is unknown.
    mutating func loseCurrentPrompt() {
        guard let current = state.current else { return }
        // A cancelled session explains why its prompt has no answer.
        log.append(.prompt(current, state.phase == .cancelled ? .cancelled : .uncertain))
        state.current = nil
        state.turn = nil
        state.isAnswering = false
    }

    mutating func salvage() {
        guard state.salvage == .none else { return }
        state.salvage = .running
        loseRunner()
        state.deadline = SessionState.Deadline(
            at: now + timing.salvaging, wait: timing.salvaging, waitingFor: "the work to be taken out")
        effects.append(.salvage)
    }

    mutating func salvaged(_ result: WorkspaceResult) {
        guard state.salvage == .running else { return }
        state.salvage = .done(result)
        log.append(.result(result))
        // A session that failed only because its salvage failed completes now.
        let endsNow = state.phase == .finishing || state.phase == .failed && state.failure?.code == Self.salvageFailure
        if endsNow, let error = state.turnError {
            fail(SessionState.Failure(code: "turnFailed", message: "The agent's last turn ended with an error: \(error)"))
        } else if endsNow, let error = state.followUpError {
            let message = "The last turn, which the agent began by itself after its answer, ended with an error: \(error)"
            fail(SessionState.Failure(code: "turnFailed", message: message))
        } else if endsNow {
            state.failure = nil
            enter(.completed)
        }
        state.deadline = nil
        if !result.remaining.isEmpty { log.append(.note("Not all of the work could be brought out, so the workspace is kept.")) }
        effects.append(.cleanUp(keepingWorkspace: state.keepsWorkspace))
    }

    mutating func salvageFailed(_ message: String) {
        guard state.salvage == .running else { return }
        state.salvage = .failed(message)
        log.append(.note("The work could not be taken out of the workspace, which is kept: \(message)"))
        if state.phase == .finishing {
            fail(SessionState.Failure(code: Self.salvageFailure, message: message))
        }
        state.deadline = nil
        effects.append(.cleanUp(keepingWorkspace: true))
    }

    /// Records that the clean-up keeps the workspace. Where nothing was salvaged before, it can be salvaged from now on.
    mutating func workspaceKept(_ reason: String) {
        guard state.phase.isEnd, !state.isCleanedUp else { return }
        if state.salvage == .none { state.salvage = .failed(reason) }
        log.append(.note("The workspace is kept: \(reason)"))
    }

    /// Settles a session whose agent never ran, so that there is nothing to salvage.
    mutating func settleWithoutWork() {
        loseRunner()
        state.deadline = nil
        effects.append(.cleanUp(keepingWorkspace: false))
    }
}
