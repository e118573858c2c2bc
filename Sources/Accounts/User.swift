import Store

/// A person who uses SAM.
public struct User: Sendable, Hashable {
    /// What a user may do beyond their own things.
    public enum Role: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// Looks after the platform: its keys and settings, users, and who works on which project.
        case administrator
        /// Works on the projects that they are a member of, with keys and settings of their own.
        case member
    }

    public var id: UserID
    public var name: String
    public var role: Role
    /// When the user was shut out, in UTC milliseconds; `nil` for one who may come in.
    public var disabledAt: Int64?

    init(_ row: Row) throws { try self.init(row, role: "role") }

    /// - Parameter column: where the role stands, in a query that has another one beside it.
    init(_ row: Row, role column: String) throws {
        id = try row.parsed("id")
        name = try row.text("name")
        role = try row.parsed(column)
        disabledAt = try row.optionalInteger("disabled_at").map(Int64.init)
    }

    static let columns = "u.id, u.name, u.role, u.disabled_at"
}
