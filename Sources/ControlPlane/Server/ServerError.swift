/// The reason why the server could not start, in a sentence with the next step.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
