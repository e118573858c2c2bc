import Vault

/// A provider's token endpoint, which performs refreshes: the module's only dependency on the network.
public struct TokenEndpoint: Sendable {
    /// Spends a refresh token. It is called again with the same token only after ``RefreshOutcome/notNow(_:retryAfter:)``.
    public var refresh: @Sendable (_ provider: Provider, _ refreshToken: Secret) async -> RefreshOutcome

    /// Wraps a function that refreshes.
    public init(refresh: @escaping @Sendable (_ provider: Provider, _ refreshToken: Secret) async -> RefreshOutcome) {
        self.refresh = refresh
    }

    /// Never refreshes.
    public static let none = TokenEndpoint { _, _ in .notNow("Nothing is set up to refresh sign-ins.") }
}

/// The outcome of an attempt to refresh.
public enum RefreshOutcome: Sendable {
    /// The provider issued new tokens.
    case renewed(RenewedTokens)
    /// The provider permanently refuses this token.
    case refused(String)
    /// The token was not spent: the request was not sent completely, or the answer contained no new tokens.
    ///
    /// `retryAfter` is the pause that the endpoint requested, in milliseconds.
    case notNow(String, retryAfter: Int64? = nil)
    /// The request was sent and its answer is unknown: the token may be spent.
    case unknown(String)
}

/// The tokens from a refresh. `nil` means that the previous token stays.
public struct RenewedTokens: Sendable {
    /// The new access token.
    public var access: Secret
    /// The new refresh token.
    public var refresh: Secret?
    /// The new id token.
    public var id: Secret?

    /// Creates the set of tokens.
    public init(access: Secret, refresh: Secret? = nil, id: Secret? = nil) {
        self.access = access
        self.refresh = refresh
        self.id = id
    }
}
