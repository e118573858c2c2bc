/// The result of a rotation of the master key.
public struct VaultRotation: Sendable, Hashable, Codable {
    /// The key that seals now.
    public var key: String
    /// The number of seals that were rewrapped.
    public var rewrapped: Int
    /// The number of seals that could not be opened. They keep their old key.
    public var unreadable: Int
    /// Older keys that are no longer needed. Those in the file were deleted from it; those in the environment can be taken out.
    public var unneeded: [String]
    /// Where the keys are.
    public var source: Source

    /// A place of master keys.
    public enum Source: String, Sendable, Codable {
        /// SAM's file, which a rotation changes.
        case file
        /// The variable `SAM_MASTER_KEYS`, which the operator changes.
        case environment
    }
}
