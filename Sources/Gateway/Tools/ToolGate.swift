import Credentials
import Foundation

/// Answers agents' calls of SAM's own tools.
public struct ToolGate: Sendable {
    /// Answers one Model Context Protocol message from a session's agent; `nil` when the message needs no answer.
    public var answer: @Sendable (_ message: Data, _ session: SessionReference) async -> Data?

    /// Creates a gate.
    public init(answer: @escaping @Sendable (_ message: Data, _ session: SessionReference) async -> Data?) {
        self.answer = answer
    }

    /// Answers nothing.
    public static let closed = ToolGate { _, _ in nil }
}
