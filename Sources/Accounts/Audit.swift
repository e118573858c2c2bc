import Store

/// A line of the audit trail: actor, action, subject and time.
public struct AuditEntry: Sendable, Hashable {
    /// The time, in UTC milliseconds.
    public var at: Int64
    /// The id of a user or a session, or `sam`.
    public var actor: String
    /// The user's name, if the actor is a user.
    public var actorName: String?
    /// The action, such as `token.revoked`.
    public var action: String
    /// The id of the subject.
    public var subject: String
    /// Further details.
    public var detail: String
}

/// The actor of a line in the audit trail.
public enum Actor: Sendable, Hashable, SQLBindable {
    /// A user.
    case user(UserID)
    /// A session, by its id: its runner, or SAM on its behalf.
    case session(String)
    /// SAM by itself.
    case sam

    /// The actor as stored.
    public var sqlValue: SQLValue {
        switch self {
        case .user(let id): .text(id.rawValue)
        case .session(let id): .text(id)
        case .sam: .text("sam")
        }
    }
}

extension Accounts {
    /// Adds a line to the audit trail on behalf of a user.
    ///
    /// - Throws: `StoreError`.
    public func record(
        _ transaction: any Transaction, _ actor: UserID, _ action: String, _ subject: String, _ detail: String
    ) throws {
        try record(transaction, .user(actor), action, subject, detail)
    }

    /// Adds a line to the audit trail in the transaction of the action, so that both are committed together.
    ///
    /// - Throws: `StoreError`.
    public func record(
        _ transaction: any Transaction, _ actor: Actor, _ action: String, _ subject: String, _ detail: String
    ) throws {
        try transaction.execute(
            "INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)",
            try newIdentifier("a", as: AuditID.self), now(), actor, action, subject, detail)
    }

    /// The newest lines of the audit trail, newest first.
    ///
    /// - Throws: `StoreError`.
    public func auditTrail(limit: Int = 100) async throws -> [AuditEntry] {
        try await auditTrail(PageRequest(limit: limit)).items
    }

    /// A page of the audit trail, newest first.
    ///
    /// - Throws: `StoreError`.
    public func auditTrail(_ page: PageRequest) async throws -> Page<AuditEntry> {
        let after = page.after ?? .last
        return try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                """
                SELECT a.*, u.name AS actor_name FROM audit a LEFT JOIN users u ON u.id = a.actor
                WHERE (a.at, a.id) < ($1, $2) ORDER BY a.at DESC, a.id DESC LIMIT $3
                """, after.number, after.text, page.probe)
            return transaction.page(rows, of: "audit", key: { try PageKey($0, "at", "id") }) { row in
                AuditEntry(
                    at: Int64(try row.integer("at")), actor: try row.text("actor"),
                    actorName: try row.optionalText("actor_name"), action: try row.text("action"),
                    subject: try row.text("subject"), detail: try row.text("detail"))
            }
        }
    }
}

private struct AuditID: RawRepresentable, SQLBindable {
    let rawValue: String
}
