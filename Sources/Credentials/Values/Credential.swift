import Accounts
import Store

/// The id of a credential: `c_` and twelve letters or digits.
public struct CredentialID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The kind of secret in a credential.
public enum CredentialKind: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    /// A key that does not change until a person replaces it.
    case apiKey
    /// A sign-in whose tokens rotate when it is used.
    case oauth
}

/// The metadata of one sealed secret, for one provider at one scope. The secret itself is not included.
public struct Credential: Sendable, Hashable {
    /// The id.
    public var id: CredentialID
    /// The layer that the credential belongs to.
    public var owner: ScopeOwner
    /// The provider that it is for.
    public var provider: Provider
    /// The kind of secret.
    public var kind: CredentialKind
    /// The name that people see.
    public var label: String
    /// Incremented by each write of the secret.
    public var version: Int
    /// UTC milliseconds; `nil` without a known expiry.
    public var expiresAt: Int64?
    /// Why the credential is proven unusable; a new secret clears it.
    public var failedReason: String?
    /// The user who last set the secret. A rotation does not change it.
    public var setBy: UserID
    /// The last write, in UTC milliseconds.
    public var updatedAt: Int64

    init(_ row: Row) throws {
        id = try row.parsed("id")
        owner = try ScopeOwner(row)
        provider = try row.parsed("provider")
        kind = try row.parsed("kind")
        label = try row.text("label")
        version = try row.integer("version")
        expiresAt = try row.optionalInteger("expires_at").map(Int64.init)
        failedReason = try row.optionalText("failed_reason")
        setBy = try row.parsed("set_by")
        updatedAt = Int64(try row.integer("updated_at"))
    }
}
