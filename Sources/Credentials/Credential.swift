import Accounts
import Store
import Vault

/// The id of a credential: `c_` and twelve letters or digits.
public struct CredentialID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The session that a pin belongs to, by its id.
public struct SessionReference: RawRepresentable, Hashable, Sendable, SQLBindable {
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a credential consists of.
public enum CredentialKind: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    /// A key that stays as it is until a person replaces it.
    case apiKey
    /// A sign-in whose tokens rotate: using it changes it.
    case oauth
}

/// One sealed secret for one provider at one scope, without the secret.
public struct Credential: Sendable, Hashable {
    public var id: CredentialID
    public var owner: ScopeOwner
    public var provider: Provider
    public var kind: CredentialKind
    public var label: String
    /// Grows by one at each write of the secret.
    public var version: Int
    /// UTC milliseconds; `nil` for one that is not known to expire.
    public var expiresAt: Int64?
    /// Why it can't be used any more, by proof; a new secret clears it.
    public var failedReason: String?
    /// Whose secret it is: who set it last. A rotation of it stays theirs.
    public var setBy: UserID
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

extension ScopeOwner {
    /// Reads the owner of a row from its columns `scope`, `project_id` and `user_id`.
    init(_ row: Row) throws {
        switch try row.parsed("scope", as: Scope.self) {
        case .project: self = .project(try row.parsed("project_id"))
        case .user: self = .user(try row.parsed("user_id"))
        case .platform: self = .platform
        }
    }

    var project: ProjectID? {
        guard case .project(let id) = self else { return nil }
        return id
    }

    var user: UserID? {
        guard case .user(let id) = self else { return nil }
        return id
    }
}
