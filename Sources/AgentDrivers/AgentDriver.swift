import AgentProtocol
import Foundation

/// One agent protocol as a pure state machine: lines in, actions out.
///
/// A driver does no I/O and has no clock, so that tests can describe all its behaviour as tables. The runner carries out its actions in
/// order.
public protocol AgentDriver: Sendable {
    /// Opens the conversation. Called once the agent's program runs.
    mutating func begin() -> [DriverAction]
    /// Handles a line that the agent wrote to standard output.
    mutating func receive(_ line: Data) -> [DriverAction]
    /// Hands over a prompt. Called only when no turn is running.
    mutating func prompt(_ prompt: AgentCommand.Prompt) -> [DriverAction]
    /// Stops the running turn, if there is one.
    mutating func cancelTurn() -> [DriverAction]
    /// Answers a permission request; `nil` drops the request without an answer. Answers to requests that are not open have no effect.
    ///
    /// - Parameter text: the person's words that go with the answer.
    mutating func answer(_ permission: String, with option: Permission.Option?, saying text: String?) -> [DriverAction]
    /// Answers an inquiry, by the ids of its items; `nil` drops it without answers.
    mutating func reply(_ inquiry: String, with answers: [String: [String]]?) -> [DriverAction]
    /// Stops everything that runs outside the agent's turns.
    mutating func stopBackground() -> [DriverAction]
    /// Takes over a stricter permission mode than the one that the conversation was opened with.
    mutating func tighten(to mode: PermissionMode)
}

extension AgentDriver {
    /// Does nothing: most protocols have no inquiries.
    public mutating func reply(_ inquiry: String, with answers: [String: [String]]?) -> [DriverAction] { [] }
    /// Does nothing: most protocols have no background work.
    public mutating func stopBackground() -> [DriverAction] { [] }
    /// Does nothing: most agents ask in every mode, and their requests are judged by the new one.
    public mutating func tighten(to mode: PermissionMode) {}
}

/// An action that the driver wants carried out.
public enum DriverAction: Sendable, Hashable {
    /// Write these bytes to the agent's standard input.
    case send(Data)
    /// Send this event to the control plane.
    case emit(AgentEvent)
    /// The agent asks for a permission; answer with ``AgentDriver/answer(_:with:saying:)``.
    case ask(Permission)
    /// The agent asks a person questions; answer with ``AgentDriver/reply(_:with:)``.
    case inquire(Inquiry)
    /// The agent withdrew the request with this id, or no longer waits for it.
    case withdraw(String)
    /// The line is not part of the protocol: keep it for the error message if the agent dies.
    case stray(Data)
    /// The conversation can't continue: end the agent with this reason and message.
    case giveUp(AgentExit.Reason, String)
}
