import Store

extension Accounts {
    /// The local owner, who is created at the first call: the first user and administrator. The oldest user stays the owner, even if
    /// another administrator disables them.
    ///
    /// - Throws: `StoreError`.
    public func owner() async throws -> User {
        let now = now()
        return try await store.write { transaction in
            if let row = try transaction.first("SELECT \(User.columns) FROM users u ORDER BY u.created_at, u.id LIMIT 1") {
                return try User(row)
            }
            return try insert("owner", .administrator, now, transaction)
        }
    }

    /// Adds a user, who needs a token to do anything.
    ///
    /// - Parameter check: a further check in the same transaction.
    /// - Throws: ``AccountsError`` if the name is taken or malformed, or a project has no sandbox, which only a server with a single user
    ///   allows; the errors of `check`; `StoreError`.
    public func addUser(
        named name: String, role: User.Role, by actor: UserID,
        check: @escaping @Sendable (any Transaction) throws -> Void = { _ in }
    ) async throws -> User {
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,31}/) != nil else {
            throw AccountsError(
                .invalid,
                "A user's name has small letters, digits, dots, dashes and underscores, at most 32: “\(name.prefix(60))” has not.")
        }
        let now = now()
        return try await store.write { transaction in
            guard try transaction.first("SELECT id FROM users WHERE name = $1", name) == nil else {
                throw AccountsError(.nameTaken, "There is a user “\(name)” already.")
            }
            let bare = try transaction.query("SELECT name FROM projects WHERE sandbox = 'none' ORDER BY name")
            guard bare.isEmpty else {
                let names = try bare.map { try $0.text("name") }.joined(separator: ", ")
                throw AccountsError(
                    .invalid,
                    """
                    Agents without a sandbox could read another user's work and keys, so a server with a second user has none. \
                    First give these projects a sandbox (sam projects sandbox NAME bubblewrap): \(names).
                    """)
            }
            try check(transaction)
            let user = try insert(name, role, now, transaction)
            try record(transaction, actor, "user.added", user.id.rawValue, "\(name), \(role.rawValue)")
            return user
        }
    }

    /// A page of all users, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func users(_ page: PageRequest) async throws -> Page<User> {
        try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                "SELECT \(User.columns) FROM users u WHERE u.name > $1 ORDER BY u.name LIMIT $2", page.after?.text ?? "", page.probe)
            return transaction.page(rows, of: "users", key: PageKey.name) { try User($0) }
        }
    }

    /// The user with this id or name.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func user(_ idOrName: String) async throws -> User {
        try await store.read { transaction in try findUser(transaction, idOrName) }
    }

    /// Changes a user's role.
    ///
    /// - Throws: ``AccountsError`` if no administrator would be left; `StoreError`.
    public func setRole(_ role: User.Role, of idOrName: String, by actor: UserID) async throws -> User {
        try await change(idOrName, actor, "user.role", role.rawValue) { user, transaction in
            if role != .administrator { try keepAnAdministrator(besides: user, transaction) }
            try transaction.execute("UPDATE users SET role = $1 WHERE id = $2", role, user.id)
        }
    }

    /// Disables a user: their tokens stop working at once. If that leaves a project without an owner, the administrators are notified, who
    /// can name one.
    ///
    /// - Throws: ``AccountsError`` if no administrator would be left; `StoreError`.
    public func disable(_ idOrName: String, by actor: UserID) async throws -> User {
        let now = now()
        return try await change(idOrName, actor, "user.disabled", "") { user, transaction in
            try keepAnAdministrator(besides: user, transaction)
            let changed = try transaction.execute(
                "UPDATE users SET disabled_at = $1 WHERE id = $2 AND disabled_at IS NULL", now, user.id)
            if changed > 0 { try tellOfProjectsWithoutOwner(after: user, transaction) }
        }
    }

    private func tellOfProjectsWithoutOwner(after user: User, _ transaction: any Transaction) throws {
        let owned = try transaction.query(
            "SELECT p.id, p.name FROM members m JOIN projects p ON p.id = m.project_id WHERE m.user_id = $1 AND m.role = 'owner'", user.id)
        for row in owned {
            let project: ProjectID = try row.parsed("id")
            guard try owners(of: project, besides: user.id, transaction) == 0 else { continue }
            let name = try row.text("name")
            try notify(
                .platform, .projectWithoutOwner, project.rawValue,
                """
                \(user.name) was disabled and was the last owner of project “\(name)”. Name another: sam projects members add \(name) USER --role owner
                """, in: transaction)
        }
    }

    /// Enables a disabled user.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func enable(_ idOrName: String, by actor: UserID) async throws -> User {
        try await change(idOrName, actor, "user.enabled", "") { user, transaction in
            try transaction.execute("UPDATE users SET disabled_at = NULL WHERE id = $1", user.id)
        }
    }

    // MARK: - Helpers

    func findUser(_ transaction: any Transaction, _ idOrName: String) throws -> User {
        let row =
            try transaction.first("SELECT \(User.columns) FROM users u WHERE u.id = $1", idOrName)
            ?? transaction.first("SELECT \(User.columns) FROM users u WHERE u.name = $1", idOrName)
        guard let row else {
            throw AccountsError(.notFound, "There is no user “\(idOrName.prefix(60))”. `sam users list` shows those there are.")
        }
        return try User(row)
    }

    private func insert(_ name: String, _ role: User.Role, _ now: Int64, _ transaction: any Transaction) throws -> User {
        let id: UserID = try newIdentifier("u")
        try transaction.execute(
            "INSERT INTO users (id, name, role, created_at) VALUES ($1, $2, $3, $4)", id, name, role, now)
        return try findUser(transaction, id.rawValue)
    }

    private func change(
        _ idOrName: String, _ actor: UserID, _ action: String, _ detail: String,
        _ body: @escaping @Sendable (User, any Transaction) throws -> Void
    ) async throws -> User {
        try await store.write { transaction in
            let user = try findUser(transaction, idOrName)
            try body(user, transaction)
            try record(transaction, actor, action, user.id.rawValue, detail)
            try noteAccessChange(transaction)
            return try findUser(transaction, user.id.rawValue)
        }
    }

    private func keepAnAdministrator(besides user: User, _ transaction: any Transaction) throws {
        let others = try transaction.first(
            "SELECT id FROM users WHERE role = 'administrator' AND disabled_at IS NULL AND id <> $1", user.id)
        guard others != nil || user.role != .administrator || user.disabledAt != nil else {
            throw AccountsError(.invalid, "\(user.name) is the only administrator. Make another one first.")
        }
    }
}
