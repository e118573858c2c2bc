import Accounts
import Cascade

/// The resolution of a provider for display.
public typealias CredentialExplanation = Explanation<Scope, ExplainedProvider, ExplainedCredential>

/// What a credential's explanation is about.
public struct ExplainedProvider: Sendable, Hashable, Codable {
    /// The provider.
    public var provider: Provider
}

/// The credential that a layer selects, in an explanation.
public struct ExplainedCredential: Sendable, Hashable, Codable {
    /// The credential's id.
    public var credential: CredentialID?
    /// The kind of credential.
    public var kind: CredentialKind?
    /// The credential's version.
    public var version: Int?
    /// The credential's label.
    public var label: String?
}
