import Store

/// A user's role in a project.
public enum ProjectRole: String, Sendable, Hashable, Codable, CaseIterable, Comparable, SQLBindable {
    /// May read: its sessions with their logs and work, its settings, and its layer's other values.
    case viewer
    /// May also run sessions and use the project's keys for them.
    case member
    /// May also manage the project's layer: keys, settings, budgets and members.
    case owner

    /// Whether the first role has fewer rights.
    public static func < (one: ProjectRole, other: ProjectRole) -> Bool { one.rank < other.rank }

    /// This role and those with more rights.
    var andAbove: [ProjectRole] { Self.allCases.filter { $0 >= self } }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A user and their role in a project.
public struct ProjectMember: Sendable, Hashable {
    /// The user.
    public var user: User
    /// The role.
    public var role: ProjectRole

    init(_ row: Row) throws {
        user = try User(row, role: "user_role")
        role = try row.parsed("project_role")
    }

    /// The columns of a query that joins `members m` and `users u`.
    static let columns = "u.id, u.name, u.role AS user_role, u.disabled_at, m.role AS project_role"
}
