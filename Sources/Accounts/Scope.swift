import Store

/// A layer of SAM's cascades. Ordered from narrow to broad.
public enum Scope: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    /// A project, a user, or the whole server.
    case project, user, platform
}

/// A scope and its owner, which identify one layer.
public enum ScopeOwner: Sendable, Hashable {
    /// A project's layer.
    case project(ProjectID)
    /// A user's layer.
    case user(UserID)
    /// The platform's layer.
    case platform

    /// The layers that apply to a user, from narrow to broad.
    ///
    /// - Parameter project: `nil` outside any project.
    public static func layers(project: ProjectID?, user: UserID) -> [ScopeOwner] {
        (project.map { [.project($0)] } ?? []) + [.user(user), .platform]
    }

    /// The scope.
    public var scope: Scope {
        switch self {
        case .project: .project
        case .user: .user
        case .platform: .platform
        }
    }

    /// The owner's id as stored; empty for the platform, which has one layer.
    public var owner: String {
        switch self {
        case .project(let id): id.rawValue
        case .user(let id): id.rawValue
        case .platform: ""
        }
    }
}
