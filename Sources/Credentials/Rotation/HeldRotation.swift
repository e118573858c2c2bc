import Accounts

/// A rotated token that could not be written to its credential, sealed and held for the owner.
public struct HeldRotation: Sendable, Hashable, Codable {
    /// The credential that it rotates.
    public var credential: CredentialID
    /// The credential's label.
    public var label: String
    /// The credential's provider.
    public var provider: Provider
    /// The credential's scope.
    public var scope: Scope
    /// The session that rotated it.
    public var session: String
    /// UTC milliseconds.
    public var heldAt: Int64
    /// Why it was not stored.
    public var why: String
}
