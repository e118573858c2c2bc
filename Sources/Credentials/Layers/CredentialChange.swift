import Accounts
import Vault

/// A secret as entered by a person, with its metadata.
public struct NewSecret: Sendable {
    /// The secret.
    public var secret: Secret
    /// `nil` keeps the current label, or uses the provider's name for a new credential.
    public var label: String?
    /// UTC milliseconds; `nil` without a known expiry.
    public var expiresAt: Int64?

    /// Wraps a secret.
    public init(_ secret: Secret, label: String? = nil, expiresAt: Int64? = nil) {
        self.secret = secret
        self.label = label
        self.expiresAt = expiresAt
    }
}

/// A change to a layer. Turning off, removing and replacing are separate acts.
public enum CredentialAct: Sendable {
    /// Writes a new version of the selected credential, or stores and selects a new one. A tombstone stays.
    case set(NewSecret)
    /// Leaves a tombstone: resolution stops here, with or without a credential.
    case off
    /// Removes the tombstone and selects the stored credential.
    case on
    /// Deletes the secret. A tombstone stays.
    case remove
    /// Removes the binding, so that broader scopes apply. Stored credentials stay stored.
    case clear

    var name: String {
        switch self {
        case .set: "set"
        case .off: "off"
        case .on: "on"
        case .remove: "removed"
        case .clear: "cleared"
        }
    }
}

/// The target of an act, its actor and the reason.
public struct CredentialChange: Sendable {
    /// The provider.
    public var provider: Provider
    /// The layer to change.
    public var owner: ScopeOwner
    /// The user who makes the change.
    public var actor: User
    /// The actor's reason, one line of at most 500 characters.
    public var reason: String?

    /// Names a layer and the user who changes it.
    public init(_ provider: Provider, at owner: ScopeOwner, by actor: User, reason: String? = nil) {
        self.provider = provider
        self.owner = owner
        self.actor = actor
        // A blank reason counts as no reason.
        self.reason = reason.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }
}

/// The result of an act.
public struct ChangeReport: Sendable, Hashable, Codable {
    /// A sentence that says what was done.
    public var done: String
    /// The resolution for the actor before the change.
    public var before: CredentialExplanation
    /// The resolution for the actor after the change.
    public var after: CredentialExplanation
}
