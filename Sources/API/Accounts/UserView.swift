import Accounts

/// A user in the API.
public struct UserView: Sendable, Codable {
    /// The user's id.
    public var id: String
    /// The user's name.
    public var name: String
    /// The user's role on the server.
    public var role: User.Role
    /// When the user was disabled, in UTC milliseconds; missing for an enabled user.
    public var disabledAt: Int64?

    package init(_ user: User) {
        id = user.id.rawValue
        name = user.name
        role = user.role
        disabledAt = user.disabledAt
    }
}

/// The body of `POST /api/v1/users`.
public struct NewUser: Sendable, Codable {
    /// The user's name.
    public var name: String
    /// The user's role; `member` if missing.
    public var role: User.Role?

    /// Creates a body.
    public init(name: String, role: User.Role? = nil) {
        self.name = name
        self.role = role
    }
}

/// A new user and their first token, which is not shown again.
public struct CreatedUser: Sendable, Codable {
    /// The user.
    public var user: UserView
    /// The token.
    public var token: String

    package init(user: UserView, token: String) {
        self.user = user
        self.token = token
    }
}

/// The body of `PATCH /api/v1/users/{id}`.
public struct UserChange: Sendable, Codable {
    /// The new role.
    public var role: User.Role

    /// Creates a body.
    public init(role: User.Role) {
        self.role = role
    }
}
