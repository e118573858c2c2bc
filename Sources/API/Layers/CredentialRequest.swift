import Accounts

/// The body of `PUT /api/v1/credentials/{provider}` and of its `/off`, `/on`, `/remove` and `/clear`.
public struct CredentialRequest: Sendable, Codable {
    /// The scope to change.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The secret, for `PUT`.
    public var secret: SecretInTransit?
    /// A label for people, for `PUT`.
    public var label: String?
    /// The time at which the secret expires, in UTC milliseconds.
    public var expiresAt: Int64?
    /// The reason, for `/off`.
    public var reason: String?
    /// Whether to report the effect without making the change.
    public var dryRun: Bool?

    /// Creates a body.
    public init(
        scope: Scope, project: String? = nil, secret: SecretInTransit? = nil, label: String? = nil, expiresAt: Int64? = nil,
        reason: String? = nil, dryRun: Bool? = nil
    ) {
        self.scope = scope
        self.project = project
        self.secret = secret
        self.label = label
        self.expiresAt = expiresAt
        self.reason = reason
        self.dryRun = dryRun
    }
}

/// The body of `POST /api/v1/credentials/{provider}/recover`.
public struct RecoveryRequest: Sendable, Codable {
    /// The scope of the credential.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The session whose rotation is meant; the newest rotation if missing.
    public var session: String?
    /// Whether to discard the rotation instead.
    public var discard: Bool?

    /// Creates a body.
    public init(scope: Scope, project: String? = nil, session: String? = nil, discard: Bool? = nil) {
        self.scope = scope
        self.project = project
        self.session = session
        self.discard = discard
    }
}
