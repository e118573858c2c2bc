import Store

/// What a user may do in a project that they belong to.
public enum ProjectRole: String, Sendable, Hashable, Codable, CaseIterable, Comparable, SQLBindable {
    /// Reads: its sessions with their logs and work, its settings, and what stands at its layer.
    case viewer
    /// Runs sessions, too, and uses its keys for them.
    case member
    /// Looks after its layer, too: keys, settings, budgets and members.
    case owner

    public static func < (one: ProjectRole, other: ProjectRole) -> Bool { one.rank < other.rank }

    /// The roles that may do at least what this one may.
    var andAbove: [ProjectRole] { Self.allCases.filter { $0 >= self } }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A user with their role in a project.
public struct ProjectMember: Sendable, Hashable {
    public var user: User
    public var role: ProjectRole

    init(_ row: Row) throws {
        user = try User(row, role: "user_role")
        role = try row.parsed("project_role")
    }

    /// The columns of a query that joins `members m` and `users u`.
    static let columns = "u.id, u.name, u.role AS user_role, u.disabled_at, m.role AS project_role"
}
