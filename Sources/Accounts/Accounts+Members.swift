import Store

extension Accounts {
    /// A page of a project's members, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func members(of project: ProjectID, _ page: PageRequest) async throws -> Page<ProjectMember> {
        try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                """
                SELECT \(ProjectMember.columns) FROM members m JOIN users u ON u.id = m.user_id
                WHERE m.project_id = $1 AND u.name > $2 ORDER BY u.name LIMIT $3
                """, project, page.after?.text ?? "", page.probe)
            return transaction.page(rows, of: "members", key: PageKey.name) { try ProjectMember($0) }
        }
    }

    /// Adds a user to a project, or changes the role of a member.
    ///
    /// - Parameter role: `nil` keeps a member's role, and stands for *member* for a new one.
    /// - Throws: ``AccountsError``, also if the actor may not or the project would have no owner left; `StoreError`.
    public func addMember(_ idOrName: String, as role: ProjectRole? = nil, to project: ProjectID, by actor: UserID) async throws {
        let now = now()
        try await store.write { transaction in
            try check(actor, mayManage: project, transaction)
            let user = try findUser(transaction, idOrName)
            guard try storedRole(of: user, in: project, transaction) == nil else {
                if let role { try setRole(role, of: user, in: project, by: actor, transaction) }
                return
            }
            let role = role ?? .member
            try join(transaction, project, user.id, role, actor, now)
            try record(transaction, actor, "member.added", project.rawValue, "\(user.name), \(role.rawValue)")
            try noteAccessChange(transaction)
        }
    }

    /// Changes a member's role. Lost rights end at once.
    ///
    /// - Throws: ``AccountsError``, also if the actor may not or the project would have no owner left; `StoreError`.
    public func setRole(_ role: ProjectRole, of idOrName: String, in project: ProjectID, by actor: UserID) async throws {
        try await store.write { transaction in
            try check(actor, mayManage: project, transaction)
            let user = try findUser(transaction, idOrName)
            guard try storedRole(of: user, in: project, transaction) != nil else { throw Self.noMember(user) }
            try setRole(role, of: user, in: project, by: actor, transaction)
        }
    }

    /// Removes a user from a project. Their access through it ends at once. Every member may remove themselves.
    ///
    /// - Throws: ``AccountsError``, also if the actor may not or the project would have no owner left; `StoreError`.
    public func removeMember(_ idOrName: String, from project: ProjectID, by actor: UserID) async throws {
        try await store.write { transaction in
            let asking = try findUser(transaction, actor.rawValue)
            // Checked before the user is looked up, so that an unauthorised actor does not learn whether the user exists.
            if idOrName != asking.id.rawValue, idOrName != asking.name { try check(actor, mayManage: project, transaction) }
            let user = try findUser(transaction, idOrName)
            guard let role = try storedRole(of: user, in: project, transaction) else { throw Self.noMember(user) }
            try keepAnOwner(of: project, besides: user, role, transaction)
            try transaction.execute("DELETE FROM members WHERE project_id = $1 AND user_id = $2", project, user.id)
            try record(transaction, actor, "member.removed", project.rawValue, user.name)
            try noteAccessChange(transaction)
        }
    }

    /// Whether this user is enabled.
    ///
    /// - Throws: `StoreError`.
    public func isActive(_ user: UserID, in transaction: any Transaction) throws -> Bool {
        try transaction.first("SELECT 1 AS one FROM users WHERE id = $1 AND disabled_at IS NULL", user) != nil
    }

    // MARK: - Helpers

    /// Owners manage a project's members. Administrators manage those of any project, so that a project without an owner can get one.
    private func check(_ actor: UserID, mayManage project: ProjectID, _ transaction: any Transaction) throws {
        let actor = try findUser(transaction, actor.rawValue)
        guard actor.role != .administrator || actor.disabledAt != nil else { return }
        try check(actor.id, hasRole: .owner, in: project, transaction)
    }

    private func setRole(
        _ role: ProjectRole, of user: User, in project: ProjectID, by actor: UserID, _ transaction: any Transaction
    ) throws {
        let before = try storedRole(of: user, in: project, transaction)
        guard before != role.rawValue else { return }
        if role != .owner { try keepAnOwner(of: project, besides: user, before, transaction) }
        try transaction.execute("UPDATE members SET role = $1 WHERE project_id = $2 AND user_id = $3", role, project, user.id)
        try record(
            transaction, actor, "member.role", project.rawValue, "\(user.name): \(role.rawValue), before \(before ?? "none")")
        try noteAccessChange(transaction)
    }

    /// The stored role, also of a disabled user; `nil` if the user does not belong to the project.
    private func storedRole(of user: User, in project: ProjectID, _ transaction: any Transaction) throws -> String? {
        try transaction.first("SELECT role FROM members WHERE project_id = $1 AND user_id = $2", project, user.id)?.text("role")
    }

    private func keepAnOwner(of project: ProjectID, besides user: User, _ role: String?, _ transaction: any Transaction) throws {
        guard role == ProjectRole.owner.rawValue, try owners(of: project, besides: user.id, transaction) == 0 else { return }
        throw AccountsError(
            .invalid, "\(user.name) is the last owner of this project. First make another one: sam projects members role PROJECT USER owner"
        )
    }

    /// The number of a project's other enabled owners.
    func owners(of project: ProjectID, besides user: UserID, _ transaction: any Transaction) throws -> Int {
        try transaction.query(
            """
            SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id
            WHERE m.project_id = $1 AND m.user_id <> $2 AND m.role = 'owner' AND u.disabled_at IS NULL
            """, project, user
        ).count
    }

    private static func noMember(_ user: User) -> AccountsError {
        AccountsError(.notFound, "\(user.name) does not belong to this project.")
    }

    func join(
        _ transaction: any Transaction, _ project: ProjectID, _ user: UserID, _ role: ProjectRole, _ actor: UserID, _ now: Int64
    ) throws {
        try transaction.execute(
            "INSERT INTO members (project_id, user_id, role, added_by, added_at) VALUES ($1, $2, $3, $4, $5)",
            project, user, role, actor, now)
    }
}
