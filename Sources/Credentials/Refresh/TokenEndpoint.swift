import Vault

/// A provider's token endpoint, as far as a refresh goes: the one thing here that is outside.
public struct TokenEndpoint: Sendable {
    /// Spends a refresh token. It is called once for each token, whatever comes of it.
    public var refresh: @Sendable (_ provider: Provider, _ refreshToken: Secret) async -> RefreshOutcome

    /// Wraps a way to refresh.
    public init(refresh: @escaping @Sendable (_ provider: Provider, _ refreshToken: Secret) async -> RefreshOutcome) {
        self.refresh = refresh
    }

    /// There is none.
    public static let none = TokenEndpoint { _, _ in .notNow("Nothing is set up to refresh sign-ins.") }
}

/// What came of an attempt to refresh.
public enum RefreshOutcome: Sendable {
    case renewed(RenewedTokens)
    /// The provider refuses this token for good.
    case refused(String)
    /// The token was certainly not spent: the provider was not reached, or said to come back later.
    case notNow(String)
    /// The request went out and no answer came: the token may be spent.
    case unknown(String)
}

/// The tokens of a refresh. What is missing stays as it was.
public struct RenewedTokens: Sendable {
    public var access: Secret
    public var refresh: Secret?
    public var id: Secret?

    /// Names the tokens.
    public init(access: Secret, refresh: Secret? = nil, id: Secret? = nil) {
        self.access = access
        self.refresh = refresh
        self.id = id
    }
}
