import Accounts
import Cascade

/// The credential that a layer selects.
public struct CredentialSelection: Sendable, Hashable {
    /// The credential.
    public var credential: CredentialID
    /// Its kind.
    public var kind: CredentialKind
    /// Its version.
    public var version: Int
    /// Its label.
    public var label: String
    /// The user who last set the secret.
    public var setBy: UserID
}

/// Who turned a layer off, when and why.
public typealias CredentialTombstone = LayerTombstone<UserID>

/// Why the credential that a layer selects is unusable.
public enum CredentialFailure: Sendable, Hashable {
    /// The credential that the binding names does not exist.
    case missing
    /// Expired at this time, in UTC milliseconds.
    case expired(Int64)
    /// Proven unusable, for this reason.
    case broken(String)
    /// The row or the seal cannot be read.
    case unreadable(String)

    /// The end of a sentence whose subject is the credential.
    public var sentence: String {
        switch self {
        case .missing: "is missing"
        case .expired: "has expired"
        case .broken(let why): "can't be used any more: \(why)"
        case .unreadable(let why): "can't be read: \(why)"
        }
    }

    /// The known reason why a credential is unusable, without opening it; `nil` for none.
    static func known(reason: String?, expiresAt: Int64?, now: Int64) -> Self? {
        if let reason { return .broken(reason) }
        return expiresAt.flatMap { $0 <= now ? .expired($0) : nil }
    }
}

/// The result of the cascade for a provider.
public typealias CredentialResolution = Resolution<Scope, CredentialSelection, CredentialTombstone, CredentialFailure>

/// The outcome of the cascade for a provider.
typealias CredentialOutcome = Outcome<Scope, CredentialSelection, CredentialTombstone, CredentialFailure>
