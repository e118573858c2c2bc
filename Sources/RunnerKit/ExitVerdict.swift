import AgentProtocol
import Processes

/// What is known when an agent's program has ended.
struct ExitEvidence: Sendable {
    var termination: Termination
    /// A verdict that was reached before, and led to the end.
    var earlier: AgentExit?
    var wasAskedToStop: Bool
    var answeredHandshake: Bool
    var hadRunningTurn: Bool
    /// How many processes the kernel killed in the sandbox for lack of memory.
    var memoryKills: Int
    var lastWords: String?
}

extension AgentExit {
    /// The verdict on an end. Pure.
    init(_ evidence: ExitEvidence) {
        let ending = evidence.termination
        if var earlier = evidence.earlier {
            earlier.lastWords = earlier.lastWords ?? evidence.lastWords
            self = earlier
        } else if evidence.wasAskedToStop {
            self.init(.finished, "The agent ended when it was asked to (\(ending)).")
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
