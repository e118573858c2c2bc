import Vault

/// The parts of Codex's sign-in that a request needs.
public struct CodexSignIn: Sendable {
    /// The access token to send.
    public let accessToken: Secret
    /// The account of the request, sent in a header of its own.
    public let account: String?

    /// Reads a sign-in file.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` with a message that quotes no content of the file.
    public init(_ secret: Secret) throws(CredentialsError) {
        let file = try AuthFile(secret)
        accessToken = file.accessToken
        account = file.identity.account
    }
}
