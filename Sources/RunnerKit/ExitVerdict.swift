import AgentProtocol
import Processes

/// The facts that are known when an agent's process has ended.
struct ExitEvidence: Sendable {
    var termination: Termination
    /// The reason for which the runner ended it, if it did.
    var earlier: AgentExit?
    /// Who asked it to stop; `nil` if it was not asked.
    var stopped: StopCause?
    var answeredHandshake: Bool
    var hadRunningTurn: Bool
    /// The number of processes in the sandbox that the kernel killed for lack of memory.
    var memoryKills: Int
    var lastWords: String?
}

/// Who asked an agent to stop.
enum StopCause: Sendable, Hashable {
    /// The control plane.
    case command
    /// The runner itself, for the reason in this sentence.
    case runner(String)
}

extension AgentExit {
    /// Determines the reason for an end. Pure.
    init(_ evidence: ExitEvidence) {
        let ending = evidence.termination
        if var earlier = evidence.earlier {
            earlier.lastWords = earlier.lastWords ?? evidence.lastWords
            self = earlier
        } else if let stopped = evidence.stopped {
            switch stopped {
            case .command: self.init(.finished, "The agent ended when it was asked to (\(ending)).")
            case .runner(let reason): self.init(.runnerStopped, reason, lastWords: evidence.lastWords)
            }
        } else if evidence.memoryKills > 0, !ending.isSuccess {
            self.init(
                .outOfMemory, "The agent's sandbox ran out of memory. Raise sandbox.memoryMebibytes if it needs more.",
                lastWords: evidence.lastWords)
        } else if !evidence.answeredHandshake {
            self.init(
                .handshakeFailed, "The agent ended before it was ready (\(ending)).", lastWords: evidence.lastWords)
        } else if ending.isSuccess, !evidence.hadRunningTurn {
            self.init(.finished, "The agent ended by itself.")
        } else {
            self.init(.crashed, "The agent ended in the middle of its work (\(ending)).", lastWords: evidence.lastWords)
        }
    }
}
