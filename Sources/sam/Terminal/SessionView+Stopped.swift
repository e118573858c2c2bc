import AgentProtocol
import ControlPlane
import Sessions

// What is said after something of a session was stopped: what happens now, and what comes next.
extension SessionView {
    /// After its turn was stopped.
    var afterTurnStop: [PrintedText] {
        let stopped: PrintedText = "The turn is stopped; what the agent changed by then stays in its workspace."
        switch phase {
        case .finishing, .completed:
            return [
                stopped,
                "Nothing else waits for the agent, so the session ends, with its work on a branch. See it: sam sessions watch \(id.rawValue)",
                "Continue it, from its branch: sam sessions resume \(id.rawValue) \"…\"",
            ]
        case .ready:
            return [
                stopped,
                "The session is open and waits for a prompt: sam sessions prompt \(id.rawValue) \"…\"",
                "To end it: sam sessions finish \(id.rawValue)",
            ]
        case .working:
            return [
                stopped,
                pendingPrompts > 0 || followUp == nil
                    ? "The agent works on the next prompt. Follow it: sam sessions watch \(id.rawValue)"
                    : "The agent continues by itself. Follow it: sam sessions watch \(id.rawValue)",
            ]
        case .queued, .preparing, .booting, .starting, .failed, .cancelled, .interrupted:
            return [stopped, "Session \(id.rawValue): \(status). See it: sam sessions show \(id.rawValue)"]
        }
    }

    /// After it was cancelled.
    var afterCancel: [PrintedText] {
        var lines: [PrintedText] = ["Session \(id.rawValue): \(status)"]
        if phase == .cancelled, !settled {
            lines.append("Its work is brought out and kept. See what is left: sam sessions show \(id.rawValue)")
        }
        return lines
    }
}
