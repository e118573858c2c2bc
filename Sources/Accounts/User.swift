import Store

/// A person who uses SAM.
public struct User: Sendable, Hashable {
    /// A user's rights on the server.
    public enum Role: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// Manages the platform: its keys and settings, users, and the members of all projects.
        case administrator
        /// Works on the projects that they belong to, with their own keys and settings.
        case member
    }

    /// The user's id.
    public var id: UserID
    /// The user's name, unique on the server.
    public var name: String
    /// The user's role.
    public var role: Role
    /// The time at which the user was disabled, in UTC milliseconds; `nil` for an enabled user.
    public var disabledAt: Int64?

    init(_ row: Row) throws { try self.init(row, role: "role") }

    /// - Parameter column: the column of the role, for queries with two roles.
    init(_ row: Row, role column: String) throws {
        id = try row.parsed("id")
        name = try row.text("name")
        role = try row.parsed(column)
        disabledAt = try row.optionalInteger("disabled_at").map(Int64.init)
    }

    static let columns = "u.id, u.name, u.role, u.disabled_at"
}
