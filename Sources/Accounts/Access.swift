import Store

extension Accounts {
    /// The project with this id or name, if this user belongs to it. For others the project does not exist.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func project(_ idOrName: String, for user: UserID) async throws -> Project {
        try await store.read { transaction in try find(transaction, idOrName, for: user) }
    }

    private func find(_ transaction: any Transaction, _ idOrName: String, for user: UserID) throws -> Project {
        if let project = try row(transaction, idOrName).map(Project.init), try role(of: user, in: project.id, transaction) != nil {
            return project
        }
        // Suggests only names that the user may know.
        let names = try transaction.query(
            "SELECT p.name FROM projects p JOIN members m ON m.project_id = p.id WHERE m.user_id = $1 LIMIT 1000", user
        ).map { try $0.text("name") }
        throw Self.noProject(idOrName, Nearest.hint(for: idOrName, among: names))
    }

    /// The project with this id or name, if this user has at least this role in it.
    ///
    /// - Throws: ``AccountsError/Code/notFound`` if the user does not belong to it, ``AccountsError/Code/forbidden`` with the owners' names
    ///   if the role is too low; `StoreError`.
    public func project(_ idOrName: String, for user: UserID, as least: ProjectRole) async throws -> Project {
        try await store.read { transaction in
            let project = try find(transaction, idOrName, for: user)
            try check(user, hasRole: least, in: project, transaction, named: idOrName)
            return project
        }
    }

    /// The projects that this user belongs to, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func projects(of user: UserID) async throws -> [Project] {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT p.* FROM projects p JOIN members m ON m.project_id = p.id WHERE m.user_id = $1 ORDER BY p.name", user)
            return transaction.readable(rows, of: "projects") { try Project($0) }
        }
    }

    /// The role of an enabled user in a project; `nil` if the user does not belong to it or is disabled.
    ///
    /// - Throws: `StoreError`, also for a role that can't be read: it must not count as any role.
    public func role(of user: UserID, in project: ProjectID, _ transaction: any Transaction) throws -> ProjectRole? {
        try transaction.first(
            """
            SELECT m.role FROM members m JOIN users u ON u.id = m.user_id
            WHERE m.project_id = $1 AND m.user_id = $2 AND u.disabled_at IS NULL
            """, project, user
        ).map { try $0.parsed("role") }
    }

    /// Whether this user is enabled and may run sessions of the project.
    ///
    /// - Throws: `StoreError`.
    public func mayRun(_ user: UserID, in project: ProjectID, _ transaction: any Transaction) throws -> Bool {
        try role(of: user, in: project, transaction).map { $0 >= .member } ?? false
    }

    /// Whether the holder of an API token may read a project: one query, for subscriptions.
    ///
    /// - Throws: `StoreError`.
    public func mayRead(_ project: ProjectID, withToken token: String) async throws -> Bool {
        let hash = TokenHash(of: token)
        return try await store.read { transaction in
            try transaction.first(
                """
                SELECT 1 AS one FROM api_tokens t JOIN users u ON u.id = t.user_id
                JOIN members m ON m.user_id = u.id AND m.project_id = $2
                WHERE t.hash = $1 AND t.revoked_at IS NULL AND u.disabled_at IS NULL
                """, hash, project) != nil
        }
    }

    /// A page of the projects that this user belongs to, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func projects(of user: UserID, _ page: PageRequest) async throws -> Page<Project> {
        try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                """
                SELECT p.* FROM projects p JOIN members m ON m.project_id = p.id
                WHERE m.user_id = $1 AND p.name > $2 ORDER BY p.name LIMIT $3
                """, user, page.after?.text ?? "", page.probe)
            return transaction.page(rows, of: "projects", key: PageKey.name) { try Project($0) }
        }
    }

    /// Checks that a user may change a layer: their own, that of a project that they own, or, for administrators, the platform's.
    ///
    /// - Throws: ``AccountsError/Code/forbidden``, or ``AccountsError/Code/notFound`` if the user may not know of the layer; `StoreError`.
    public func check(_ user: User, mayChange owner: ScopeOwner, in transaction: any Transaction) throws {
        switch owner {
        case .user(let id):
            guard id == user.id else { throw AccountsError(.notFound, "There is no such user for you to change.") }
        case .project(let id): try check(user.id, hasRole: .owner, in: id, transaction)
        case .platform:
            try user.requireAdministrator("The platform's layer is the administrators'.")
        }
    }

    /// Checks that a user has at least this role in a project.
    ///
    /// - Throws: as ``project(_:for:as:)``.
    public func check(_ user: UserID, hasRole least: ProjectRole, in id: ProjectID, _ transaction: any Transaction) throws {
        try check(user, hasRole: least, in: try find(transaction, id.rawValue), transaction, named: id.rawValue)
    }

    private func check(
        _ user: UserID, hasRole least: ProjectRole, in project: Project, _ transaction: any Transaction, named idOrName: String
    ) throws {
        guard let role = try role(of: user, in: project.id, transaction) else { throw Self.noProject(idOrName) }
        guard role < least else { return }
        throw AccountsError(.forbidden, try refusal(least, role, project, transaction))
    }

    /// A message with the required role and the owners to ask.
    private func refusal(
        _ least: ProjectRole, _ role: ProjectRole, _ project: Project, _ transaction: any Transaction
    ) throws -> String {
        let owners = try transaction.query(
            """
            SELECT u.name FROM members m JOIN users u ON u.id = m.user_id
            WHERE m.project_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL ORDER BY u.name LIMIT 5
            """, project.id
        ).map { try $0.text("name") }
        let act =
            least == .owner
            ? "Keys, settings, budgets and members of project “\(project.name)” are its owners' to change"
            : "Sessions and keys of project “\(project.name)” are for its members and owners to use"
        let way =
            owners.isEmpty
            ? "It has no owner at the moment; an administrator can name one."
            : "Ask one who owns it: \(owners.joined(separator: ", "))."
        return "\(act), and you are a \(role.rawValue) of it. \(way)"
    }

    static func noProject(_ idOrName: String, _ hint: String = "") -> AccountsError {
        AccountsError(.notFound, "There is no project “\(idOrName.prefix(80))”.\(hint) `sam projects list` shows those there are.")
    }
}

extension User {
    /// Checks that the user is an administrator.
    ///
    /// - Parameter why: the message for other users.
    /// - Throws: ``AccountsError/Code/forbidden``.
    public func requireAdministrator(_ why: String) throws(AccountsError) {
        guard role == .administrator else { throw AccountsError(.forbidden, why) }
    }
}
