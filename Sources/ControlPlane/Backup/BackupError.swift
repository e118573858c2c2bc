import Store

/// Why a backup or a restore did not succeed, in a sentence with the next step.
public struct BackupError: Error, Sendable, CustomStringConvertible {
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}

extension BackupError {
    /// Whether an error means that a disk is full, in the words of the database, of tar or of the system.
    static func meansFullDisk(_ error: any Error) -> Bool {
        let text = "\(error)"
        return (error as? StoreError)?.code == .full || ["No space left", "Wrote only", "disk is full"].contains { text.contains($0) }
    }
}
