import Store

/// The id of a notification: `n_` and twelve letters or digits.
public struct NotificationID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    public let rawValue: String

    /// Wraps an id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Something that a user has to know, and did not ask for.
public struct UserNotification: Sendable, Hashable {
    /// What it is about.
    public enum Kind: String, Sendable, Codable, CaseIterable, SQLBindable {
        /// A rotated token was not taken back; it is held for its owner where that is possible.
        case syncDeclined
        /// What an agent sent back as a rotated token was none.
        case syncInvalid
        /// A rotated token could not be taken back and is lost.
        case rotationDropped
        /// Somebody else made an API token for the user.
        case tokenMade
        /// A credential can't be used any more.
        case credentialFailed
        /// A provider refused a credential. It is kept as it is.
        case credentialRefused
        /// Four fifths of a budget are spent.
        case budgetNearlySpent
        /// The last owner of a project was disabled.
        case projectWithoutOwner
        /// A setting asks for more than it gets since an upgrade.
        case settingBounded
    }

    public var id: NotificationID
    /// UTC milliseconds.
    public var at: Int64
    public var kind: Kind
    /// The id of what it is about.
    public var subject: String
    /// A sentence with the next step, and no secret.
    public var text: String
    /// UTC milliseconds; `nil` while it was not read.
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
    /// Tells everyone who works with a layer: the user, the project's owners and members, or the administrators. In the
    /// transaction of what it tells of, so that both stand or fall together.
    public func notify(
        _ owner: ScopeOwner, _ kind: UserNotification.Kind, _ subject: String, _ text: String, in transaction: any Transaction
    ) throws {
        try notify([owner], kind, subject, text, in: transaction)
    }

    /// Tells everyone who works with one of several layers, each person once.
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

    /// A part of a user's notifications, newest first.
    ///
    /// - Throws: `StoreError`.
    public func notifications(
        for user: UserID, unreadOnly: Bool = false, _ page: PageRequest
    ) async throws -> Page<UserNotification> {
        let after = page.after ?? .last
        return try await store.read { transaction in
            let rows = try transaction.query(
                """
                SELECT * FROM notifications WHERE user_id = $1 AND ($2 = 0 OR read_at IS NULL) AND (at, id) < ($3, $4)
                ORDER BY at DESC, id DESC LIMIT $5
                """, user, unreadOnly, after.number, after.text, page.probe)
            return transaction.page(rows, page, of: "notifications", key: { try PageKey($0, "at", "id") }) { try UserNotification($0) }
        }
    }

    /// Marks notifications as read.
    ///
    /// - Parameter id: one of this user's; `nil` for all of them.
    /// - Throws: ``AccountsError/Code/notFound`` when it is none of this user's; `StoreError`.
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
