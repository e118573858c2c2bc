import Accounts

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

    package init(_ notification: UserNotification) {
        id = notification.id.rawValue
        at = notification.at
        kind = notification.kind
        subject = notification.subject
        text = notification.text
        readAt = notification.readAt
    }
}
