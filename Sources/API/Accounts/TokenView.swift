import Accounts

/// An API token in the API, without the token itself.
public struct TokenView: Sendable, Codable {
    /// The token's id.
    public var id: String
    /// The token's purpose.
    public var name: String
    /// The time of its creation, in UTC milliseconds.
    public var createdAt: Int64

    package init(_ token: APIToken) {
        id = token.id.rawValue
        name = token.name
        createdAt = token.createdAt
    }
}

/// The body of `POST /api/v1/tokens`.
public struct NewToken: Sendable, Codable {
    /// The token's purpose.
    public var name: String
    /// The id or name of the token's user, for administrators; the caller if missing.
    public var user: String?

    /// Creates a body.
    public init(name: String, user: String? = nil) {
        self.name = name
        self.user = user
    }
}

/// A new token, which is not shown again.
public struct CreatedToken: Sendable, Codable {
    /// The token.
    public var token: String

    package init(token: String) {
        self.token = token
    }
}
