import Store

extension Accounts {
    /// The members of a project, by name.
    ///
    /// - Throws: `StoreError`.
    public func members(of project: ProjectID) async throws -> [User] {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT \(User.columns) FROM members m JOIN users u ON u.id = m.user_id WHERE m.project_id = $1 ORDER BY u.name",
                project)
            return transaction.readable(rows, of: "users") { try User($0) }
        }
    }

    /// Makes a user a member of a project: they share its sessions, keys and settings from now on.
    ///
    /// - Throws: ``AccountsError``; `StoreError`.
    public func addMember(_ idOrName: String, to project: ProjectID, by actor: UserID) async throws {
        let now = now()
        try await store.write { transaction in
            let user = try findUser(transaction, idOrName)
            try join(transaction, project, user.id, actor, now)
            try record(transaction, actor, "member.added", project.rawValue, user.name)
        }
    }

    /// Takes a user out of a project. What they could reach through it ends at once.
    ///
    /// - Throws: ``AccountsError`` when they are none, or its last; `StoreError`.
    public func removeMember(_ idOrName: String, from project: ProjectID, by actor: UserID) async throws {
        try await store.write { transaction in
            let user = try findUser(transaction, idOrName)
            guard try transaction.execute("DELETE FROM members WHERE project_id = $1 AND user_id = $2", project, user.id) > 0 else {
                throw AccountsError(.notFound, "\(user.name) is no member of this project.")
            }
            let rest = try transaction.first(
                "SELECT 1 AS one FROM members m JOIN users u ON u.id = m.user_id WHERE m.project_id = $1 AND u.disabled_at IS NULL",
                project)
            guard rest != nil else {
                throw AccountsError(.invalid, "\(user.name) is the last member of this project. Add another one first.")
            }
            try record(transaction, actor, "member.removed", project.rawValue, user.name)
        }
    }

    /// Whether this user may come in.
    ///
    /// - Throws: `StoreError`.
    public func isActive(_ user: UserID, in transaction: any Transaction) throws -> Bool {
        try transaction.first("SELECT 1 AS one FROM users WHERE id = $1 AND disabled_at IS NULL", user) != nil
    }

    /// Whether this user may come in and is a member of the project.
    ///
    /// - Throws: `StoreError`.
    public func isActiveMember(_ user: UserID, of project: ProjectID, in transaction: any Transaction) throws -> Bool {
        try transaction.first(
            """
            SELECT 1 AS one FROM members m JOIN users u ON u.id = m.user_id
            WHERE m.project_id = $1 AND m.user_id = $2 AND u.disabled_at IS NULL
            """, project, user) != nil
    }

    func join(
        _ transaction: any Transaction, _ project: ProjectID, _ user: UserID, _ actor: UserID, _ now: Int64
    ) throws {
        try transaction.execute(
            """
            INSERT INTO members (project_id, user_id, added_by, added_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (project_id, user_id) DO NOTHING
            """, project, user, actor, now)
    }
}
