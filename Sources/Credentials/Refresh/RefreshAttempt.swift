/// An attempt to refresh one version of a sign-in.
struct RefreshAttempt: Sendable, Hashable, Codable {
    /// The sign-in.
    var credential: CredentialID
    /// The version whose refresh token is spent.
    var version: Int
    /// Whether the refresh was triggered by the provider's refusal of the access token.
    var isAfterRefusal: Bool
    /// The time of its record in the database, in UTC milliseconds; `nil` if unknown. It tells attempts on the same version apart.
    var begunAt: Int64?

    init(_ credential: Credential, isAfterRefusal: Bool = false, begunAt: Int64? = nil) {
        self.credential = credential.id
        version = credential.version
        self.isAfterRefusal = isAfterRefusal
        self.begunAt = begunAt
    }
}
