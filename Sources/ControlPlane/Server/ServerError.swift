/// Why the server could not start, in a sentence with the next step.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
