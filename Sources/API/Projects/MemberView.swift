import Accounts

/// A project's member in the API.
public struct MemberView: Sendable, Codable {
    /// The user's id.
    public var id: String
    /// The user's name.
    public var name: String
    /// The role in the project.
    public var role: ProjectRole
    /// When the user was disabled, in UTC milliseconds; missing for an enabled user.
    public var disabledAt: Int64?

    package init(_ member: ProjectMember) {
        id = member.user.id.rawValue
        name = member.user.name
        role = member.role
        disabledAt = member.user.disabledAt
    }
}

/// The body of `POST /api/v1/projects/{id}/members`.
public struct NewMember: Sendable, Codable {
    /// A user's id or name.
    public var user: String
    /// The role; if missing, a new member gets `member` and others keep theirs.
    public var role: ProjectRole?

    /// Creates a body.
    public init(user: String, role: ProjectRole? = nil) {
        self.user = user
        self.role = role
    }
}

/// The body of `PATCH /api/v1/projects/{id}/members/{user}`.
public struct MemberChange: Sendable, Codable {
    /// The new role.
    public var role: ProjectRole

    /// Creates a body.
    public init(role: ProjectRole) {
        self.role = role
    }
}
