import Store

// What other modules show or check of this module's rows.
extension Accounts {
    /// The name of a user; `nil` for an unknown one.
    ///
    /// - Throws: `StoreError`.
    public func name(of user: UserID, in transaction: any Transaction) throws -> String? {
        try transaction.first("SELECT name FROM users WHERE id = $1", user)?.text("name")
    }

    /// The name of a project; `nil` for an unknown one.
    ///
    /// - Throws: `StoreError`.
    public func name(of project: ProjectID, in transaction: any Transaction) throws -> String? {
        try transaction.first("SELECT name FROM projects WHERE id = $1", project)?.text("name")
    }

    /// The name of a layer's owner; `nil` for the platform or an unknown owner.
    ///
    /// - Throws: `StoreError`.
    public func name(of owner: ScopeOwner, in transaction: any Transaction) throws -> String? {
        switch owner {
        case .project(let id): try name(of: id, in: transaction)
        case .user(let id): try name(of: id, in: transaction)
        case .platform: nil
        }
    }

    /// Whether the audit trail has an entry with exactly these values.
    ///
    /// - Throws: `StoreError`.
    public func hasRecorded(
        _ actor: Actor, _ action: String, _ subject: String, _ detail: String, in transaction: any Transaction
    ) throws -> Bool {
        try transaction.first(
            "SELECT id FROM audit WHERE actor = $1 AND action = $2 AND subject = $3 AND detail = $4", actor, action, subject, detail) != nil
    }
}
