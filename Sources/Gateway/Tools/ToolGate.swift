import Credentials
import Foundation

/// Who answers a session's agent that uses SAM's own tools.
public struct ToolGate: Sendable {
    /// Answers one message of the Model Context Protocol from a session's agent; `nil` where there is nothing to answer.
    public var answer: @Sendable (_ message: Data, _ session: SessionReference) async -> Data?

    /// Makes a gate.
    public init(answer: @escaping @Sendable (_ message: Data, _ session: SessionReference) async -> Data?) {
        self.answer = answer
    }

    /// One behind which nobody is.
    public static let closed = ToolGate { _, _ in nil }
}
