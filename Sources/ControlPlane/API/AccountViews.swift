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

    init(_ user: User) {
        id = user.id.rawValue
        name = user.name
        role = user.role
        disabledAt = user.disabledAt
    }
}

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

    init(_ member: ProjectMember) {
        id = member.user.id.rawValue
        name = member.user.name
        role = member.role
        disabledAt = member.user.disabledAt
    }
}

/// An API token in the API, without the token itself.
public struct TokenView: Sendable, Codable {
    /// The token's id.
    public var id: String
    /// The token's purpose.
    public var name: String
    /// The time of its creation, in UTC milliseconds.
    public var createdAt: Int64

    init(_ token: APIToken) {
        id = token.id.rawValue
        name = token.name
        createdAt = token.createdAt
    }
}

/// A notification in the API.
public struct NotificationView: Sendable, Codable {
    /// The notification's id.
    public var id: String
    /// The time, in UTC milliseconds.
    public var at: Int64
    /// The kind of event.
    public var kind: UserNotification.Kind
    /// The id of the subject.
    public var subject: String
    /// A sentence with the next step.
    public var text: String
    /// The time at which it was read, in UTC milliseconds; missing while unread.
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

/// A line of the audit trail in the API.
public struct AuditView: Sendable, Codable {
    /// The time, in UTC milliseconds.
    public var at: Int64
    /// The id of a user or a session, or `sam`.
    public var actor: String
    /// The user's name, if the actor is a user.
    public var actorName: String?
    /// The action.
    public var action: String
    /// The id of the subject.
    public var subject: String
    /// Further details.
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
