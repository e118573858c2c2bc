import Store

/// The id of a notification: `n_` and twelve letters or digits.
public struct NotificationID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id without checking it.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A message to a user about an event that they did not request.
public struct UserNotification: Sendable, Hashable {
    /// The kind of event.
    public enum Kind: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// A rotated token was not accepted back; it is held for its owner if possible.
        case syncDeclined
        /// An agent sent back an invalid token as a rotated one.
        case syncInvalid
        /// A rotated token could not be accepted back and is lost.
        case rotationDropped
        /// The outcome of a refresh could not be stored at first and is stored now: the sign-in is good.
        case rotationStored
        /// Another user made an API token for the user.
        case tokenMade
        /// A credential has become unusable.
        case credentialFailed
        /// A provider refused a credential, which is kept unchanged.
        case credentialRefused
        /// 80 % of a budget are spent.
        case budgetNearlySpent
        /// The last owner of a project was disabled.
        case projectWithoutOwner
        /// A setting exceeds a ceiling since an upgrade, so it applies only in part.
        case settingBounded
    }

    /// The notification's id.
    public var id: NotificationID
    /// The time, in UTC milliseconds.
    public var at: Int64
    /// The kind of event.
    public var kind: Kind
    /// The id of the subject.
    public var subject: String
    /// A sentence with the next step, without secrets.
    public var text: String
    /// The time at which it was read, in UTC milliseconds; `nil` while unread.
    public var readAt: Int64?

    init(_ row: Row) throws {
        id = try row.parsed("id")
        at = Int64(try row.integer("at"))
        kind = try row.parsed("kind")
        subject = try row.text("subject")
        text = try row.text("text")
        readAt = try row.optionalInteger("read_at").map(Int64.init)
    }
}

extension Accounts {
    /// Notifies everyone who works with a layer: the user, the project's owners and members, or the administrators. Runs in the transaction
    /// of the event, so that both are committed together.
    ///
    /// - Throws: `StoreError`.
    public func notify(
        _ owner: ScopeOwner, _ kind: UserNotification.Kind, _ subject: String, _ text: String, in transaction: any Transaction
    ) throws {
        try notify([owner], kind, subject, text, in: transaction)
    }

    /// Notifies everyone who works with one of several layers, each person once.
    ///
    /// - Throws: `StoreError`.
    public func notify(
        _ owners: [ScopeOwner], _ kind: UserNotification.Kind, _ subject: String, _ text: String, in transaction: any Transaction
    ) throws {
        let users = Set(try owners.flatMap { try audience(of: $0, transaction) })
        for user in users.sorted() {
            try transaction.execute(
                "INSERT INTO notifications (id, user_id, at, kind, subject, text) VALUES ($1, $2, $3, $4, $5, $6)",
                try newIdentifier("n", as: NotificationID.self), user, now(), kind, subject, text)
        }
    }

    private func audience(of owner: ScopeOwner, _ transaction: any Transaction) throws -> [String] {
        let rows =
            switch owner {
            case .user(let user): try transaction.query("SELECT id FROM users WHERE id = $1", user)
            case .project(let project):
                try transaction.query("SELECT user_id AS id FROM members WHERE project_id = $1 AND role <> 'viewer'", project)
            case .platform: try transaction.query("SELECT id FROM users WHERE role = 'administrator' AND disabled_at IS NULL")
            }
        return try rows.map { try $0.text("id") }
    }

    /// A user's newest notifications, newest first.
    ///
    /// - Throws: `StoreError`.
    public func notifications(for user: UserID, unreadOnly: Bool = false, limit: Int = 100) async throws -> [UserNotification] {
        try await notifications(for: user, unreadOnly: unreadOnly, PageRequest(limit: limit)).items
    }

    /// A page of a user's notifications, newest first.
    ///
    /// - Throws: `StoreError`.
    public func notifications(
        for user: UserID, unreadOnly: Bool = false, _ page: PageRequest
    ) async throws -> Page<UserNotification> {
        let after = page.after ?? .last
        return try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                """
                SELECT * FROM notifications WHERE user_id = $1 AND ($2 = 0 OR read_at IS NULL) AND (at, id) < ($3, $4)
                ORDER BY at DESC, id DESC LIMIT $5
                """, user, unreadOnly, after.number, after.text, page.probe)
            return transaction.page(rows, of: "notifications", key: { try PageKey($0, "at", "id") }) { try UserNotification($0) }
        }
    }

    /// Marks notifications as read.
    ///
    /// - Parameter id: one of this user's notifications; `nil` for all.
    /// - Throws: ``AccountsError/Code/notFound`` if this user has no such notification; `StoreError`.
    public func markRead(_ id: NotificationID?, for user: UserID) async throws {
        let now = now()
        try await store.write { transaction in
            if let id, try transaction.first("SELECT id FROM notifications WHERE id = $1 AND user_id = $2", id, user) == nil {
                throw AccountsError(.notFound, "There is no notification \(id.rawValue.prefix(40)).")
            }
            try transaction.execute(
                "UPDATE notifications SET read_at = $1 WHERE user_id = $2 AND ($3 = '' OR id = $3) AND read_at IS NULL",
                now, user, id?.rawValue ?? "")
        }
    }
}
