import Store

extension Accounts {
    /// Adds a project.
    ///
    /// - Parameters:
    ///   - name: letters, digits, dots, dashes and underscores, at most 64.
    ///   - repository: a URL or an absolute path that was checked already.
    ///   - actor: who adds it, and owns it.
    /// - Throws: ``AccountsError`` when the name is taken or malformed, or the sandbox may not be left out; `StoreError`.
    public func addProject(
        named name: String, repository: String, sandbox: Project.Sandbox, by actor: UserID
    ) async throws -> Project {
        guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,63}/) != nil else {
            throw AccountsError(
                .invalid,
                "A project's name has letters, digits, dots, dashes and underscores, at most 64: “\(name.prefix(80))” has not.")
        }
        let now = now()
        return try await store.write { transaction in
            guard try transaction.first("SELECT id FROM projects WHERE name = $1", name) == nil else {
                throw AccountsError(.nameTaken, "There is a project “\(name)” already. Choose another with --name.")
            }
            try checkSandbox(sandbox, transaction)
            let id: ProjectID = try newIdentifier("p")
            try transaction.execute(
                "INSERT INTO projects (id, name, repository, sandbox, created_at) VALUES ($1, $2, $3, $4, $5)",
                id, name, repository, sandbox, now)
            try join(transaction, id, actor, .owner, actor, now)
            try record(transaction, actor, "project.added", id.rawValue, "\(name): \(repository), sandbox \(sandbox.rawValue)")
            return try find(transaction, id.rawValue)
        }
    }

    /// All projects, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func projects() async throws -> [Project] {
        try await store.read { transaction in
            transaction.readable(try transaction.query("SELECT * FROM projects ORDER BY name"), of: "projects") { try Project($0) }
        }
    }

    /// The project with this id or name, whoever's it is.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func project(_ idOrName: String) async throws -> Project {
        try await store.read { transaction in try find(transaction, idOrName) }
    }

    /// The project of this repository in which this user may run sessions, if there is one.
    ///
    /// - Throws: `StoreError`.
    public func project(of repository: String, for user: UserID) async throws -> Project? {
        try await store.read { transaction in
            try transaction.first(
                """
                SELECT p.* FROM projects p JOIN members m ON m.project_id = p.id
                WHERE p.repository = $1 AND m.user_id = $2 AND m.role IN ('member', 'owner') ORDER BY p.created_at
                """, repository, user
            ).map(Project.init)
        }
    }

    /// Chooses what stands between this project's agents and the machine.
    ///
    /// - Throws: ``AccountsError``, also when the sandbox may not be left out because there is a second user; `StoreError`.
    public func setSandbox(_ sandbox: Project.Sandbox, of idOrName: String, by actor: UserID) async throws -> Project {
        try await store.write { transaction in
            let project = try find(transaction, idOrName)
            try checkSandbox(sandbox, transaction)
            try transaction.execute("UPDATE projects SET sandbox = $1 WHERE id = $2", sandbox, project.id)
            try record(transaction, actor, "project.sandbox", project.id.rawValue, sandbox.rawValue)
            return try find(transaction, project.id.rawValue)
        }
    }

    /// The project with this id, in a transaction of somebody else's.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func project(_ id: ProjectID, in transaction: any Transaction) throws -> Project {
        try find(transaction, id.rawValue)
    }

    /// Checks that a sandbox may be chosen, or an agent begin with it. Without one an agent reads whatever SAM's own user can:
    /// everybody's work.
    ///
    /// - Throws: ``AccountsError/Code/invalid`` when there is a second user; `StoreError`.
    public func checkSandbox(_ sandbox: Project.Sandbox, _ transaction: any Transaction) throws {
        guard sandbox == .none, try transaction.query("SELECT id FROM users LIMIT 2").count > 1 else { return }
        throw AccountsError(.invalid, "This server has a second user, so no agent may run without a sandbox.")
    }

    func find(_ transaction: any Transaction, _ idOrName: String) throws -> Project {
        // An id is never a name that someone could choose for another project: ids win.
        let row =
            try transaction.first("SELECT * FROM projects WHERE id = $1", idOrName)
            ?? transaction.first("SELECT * FROM projects WHERE name = $1", idOrName)
        guard let row else { throw Self.noProject(idOrName) }
        return try Project(row)
    }
}
