import Accounts

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

    package init(_ entry: AuditEntry) {
        at = entry.at
        actor = entry.actor
        actorName = entry.actorName
        action = entry.action
        subject = entry.subject
        detail = entry.detail
    }
}
