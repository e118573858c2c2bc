import Accounts

/// A user as the API shows one.
public struct UserView: Sendable, Codable {
    public var id: String
    public var name: String
    public var role: User.Role
    /// When the user was shut out, in UTC milliseconds; missing for one who may come in.
    public var disabledAt: Int64?

    init(_ user: User) {
        id = user.id.rawValue
        name = user.name
        role = user.role
        disabledAt = user.disabledAt
    }
}

/// Who belongs to a project, as the API shows it.
public struct MemberView: Sendable, Codable {
    public var id: String
    public var name: String
    /// What they may do in this project.
    public var role: ProjectRole
    /// When they were shut out, in UTC milliseconds; missing for one who may come in.
    public var disabledAt: Int64?

    init(_ member: ProjectMember) {
        id = member.user.id.rawValue
        name = member.user.name
        role = member.role
        disabledAt = member.user.disabledAt
    }
}

/// An API token as the API shows it: everything but the token.
public struct TokenView: Sendable, Codable {
    public var id: String
    public var name: String
    public var createdAt: Int64

    init(_ token: APIToken) {
        id = token.id.rawValue
        name = token.name
        createdAt = token.createdAt
    }
}

/// A notification as the API shows it.
public struct NotificationView: Sendable, Codable {
    public var id: String
    public var at: Int64
    public var kind: UserNotification.Kind
    /// The id of what it is about.
    public var subject: String
    public var text: String
    public var readAt: Int64?

    init(_ notification: UserNotification) {
        id = notification.id.rawValue
        at = notification.at
        kind = notification.kind
        subject = notification.subject
        text = notification.text
        readAt = notification.readAt
    }
}

/// A line of the audit trail as the API shows it.
public struct AuditView: Sendable, Codable {
    public var at: Int64
    /// A user's id, a session's, or `sam`.
    public var actor: String
    /// The user's name, where the actor is one.
    public var actorName: String?
    public var action: String
    public var subject: String
    public var detail: String

    init(_ entry: AuditEntry) {
        at = entry.at
        actor = entry.actor
        actorName = entry.actorName
        action = entry.action
        subject = entry.subject
        detail = entry.detail
    }
}
