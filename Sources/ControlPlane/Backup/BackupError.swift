import Store

/// A failed backup or restore, in a sentence with the next step.
public struct BackupError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension BackupError {
    /// Whether an error of the database, tar or the system means that a disk is full.
    static func meansFullDisk(_ error: any Error) -> Bool {
        let text = "\(error)"
        return (error as? StoreError)?.code == .full || ["No space left", "Wrote only", "disk is full"].contains { text.contains($0) }
    }
}
