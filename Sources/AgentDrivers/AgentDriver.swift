import AgentProtocol
import Foundation

/// One agent protocol as a pure state machine: lines in, actions out.
///
/// A driver does no I/O and knows no clock, so that everything it does can be a table in a test. The runner
/// carries out its actions in order.
public protocol AgentDriver: Sendable {
    /// The agent's program is running: open the conversation.
    mutating func begin() -> [DriverAction]
    /// The agent wrote a line to standard output.
    mutating func receive(_ line: Data) -> [DriverAction]
    /// Hand over a prompt. Called only when no turn is running.
    mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction]
    /// Stop the running turn, if there is one.
    mutating func cancelTurn() -> [DriverAction]
    /// Tell the agent the answer to what it asked to be allowed; `nil` drops the question without one. An answer to what is not open
    /// changes nothing.
    ///
    /// - Parameter text: what the person says with it.
    mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction]
    /// Tell the agent the answers to what it asked, by the ids of the inquiry's items; `nil` drops it without any.
    mutating func reply(_ inquiry: String, with answers: [String: [String]]?) -> [DriverAction]
    /// Stop everything that runs beside its turns.
    mutating func stopBackground() -> [DriverAction]
    /// The agent may do less without asking than when the conversation was opened.
    mutating func tighten(to mode: PermissionMode)
}

extension AgentDriver {
    // Most protocols know neither.
    public mutating func reply(_ inquiry: String, with answers: [String: [String]]?) -> [DriverAction] { [] }
    public mutating func stopBackground() -> [DriverAction] { [] }
    // Most agents ask by themselves, and who answers judges it.
    public mutating func tighten(to mode: PermissionMode) {}
}

/// What a driver wants done.
public enum DriverAction: Sendable, Hashable {
    /// Write these bytes to the agent's standard input.
    case send(Data)
    /// Tell this to the control plane.
    case emit(AgentEvent)
    /// The agent asks to be allowed something; ``AgentDriver/answer(_:with:)`` is wanted for it.
    case ask(Permission)
    /// The agent asks a person something; ``AgentDriver/reply(_:with:)`` is wanted for it.
    case inquire(Inquiry)
    /// The agent has taken back what it asked, or asks no longer.
    case withdraw(String)
    /// The line was none of the protocol's: keep it for the agent's last words.
    case stray(Data)
    /// The conversation can't go on: end the agent, with this verdict.
    case giveUp(AgentExit.Reason, String)
}
