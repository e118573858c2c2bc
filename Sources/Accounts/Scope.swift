import Store

/// A layer of SAM's cascades, narrow to broad.
public enum Scope: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    case project, user, platform
}

/// Whose layer of a cascade is meant: a scope together with its owner.
public enum ScopeOwner: Sendable, Hashable {
    case project(ProjectID)
    case user(UserID)
    case platform

    /// The layer.
    public var scope: Scope {
        switch self {
        case .project: .project
        case .user: .user
        case .platform: .platform
        }
    }

    /// The owner's id as it stands in a row; empty for the platform, which has one layer only.
    public var owner: String {
        switch self {
        case .project(let id): id.rawValue
        case .user(let id): id.rawValue
        case .platform: ""
        }
    }
}
