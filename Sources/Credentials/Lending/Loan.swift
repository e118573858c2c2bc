import Accounts
import Vault

/// A credential and its secret, lent for one request.
public struct Loan: Sendable {
    /// The credential.
    public var credential: CredentialID
    /// The scope that it comes from.
    public var scope: Scope
    /// The kind of secret.
    public var kind: CredentialKind
    /// The secret.
    public var secret: Secret
}

/// The answer to a request for a credential.
public enum Lending: Sendable {
    /// A credential to send.
    case lent(Loan)
    /// The session's agent has this credential as a file and sends it itself.
    case own(CredentialID, Scope)
    /// A sentence for the client: why there is no credential, and what to do.
    case refused(String)
}
