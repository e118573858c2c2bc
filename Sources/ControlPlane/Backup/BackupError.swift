/// Why a backup or a restore did not succeed, in a sentence with the next step.
public struct BackupError: Error, Sendable, CustomStringConvertible {
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
