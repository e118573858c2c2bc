import Accounts
import Vault

/// A token that a session syncs back.
public struct SyncRequest: Sendable {
    /// The agent type that the client states.
    public var agentType: String
    /// The kind of credential.
    public var kind: CredentialKind
    /// The rotated secret.
    public var secret: Secret

    /// The maximum size of the request body in bytes.
    public static let limit = 64 << 10

    /// Creates a request.
    public init(agentType: String, kind: CredentialKind, secret: Secret) {
        self.agentType = agentType
        self.kind = kind
        self.secret = secret
    }
}

/// The answer to a sync.
public struct SyncAnswer: Sendable, Hashable, Codable {
    /// Whether the token was accepted.
    public var success: Bool
    /// On success: whether a new version was written.
    public var updated: Bool?
    /// The scope of the written credential.
    public var scope: Scope?
    /// The new version.
    public var version: Int?
    /// On failure: `credential_not_found`, `invalid` or `stale`.
    public var reason: String?

    /// Creates an answer.
    public init(success: Bool, updated: Bool? = nil, scope: Scope? = nil, version: Int? = nil, reason: String? = nil) {
        self.success = success
        self.updated = updated
        self.scope = scope
        self.version = version
        self.reason = reason
    }

    static let notFound = SyncAnswer(success: false, reason: "credential_not_found")
    static let invalid = SyncAnswer(success: false, reason: "invalid")
    static let stale = SyncAnswer(success: false, reason: "stale")
    static let unchanged = SyncAnswer(success: true, updated: false)
}
