import Store

extension Accounts {
    /// Adds a project.
    ///
    /// - Parameters:
    ///   - name: a ``ProjectName``.
    ///   - repository: a URL or an absolute path, checked by the caller.
    ///   - actor: the user who adds it and becomes its owner.
    /// - Throws: ``AccountsError`` if the name is taken or malformed, or the sandbox may not be `none`; `StoreError`.
    public func addProject(
        named name: String, repository: String, sandbox: Project.Sandbox, by actor: UserID
    ) async throws -> Project {
        try await addProject(try draft(named: name, repository: repository, sandbox: sandbox), by: actor)
    }

    /// Adds a drafted project.
    ///
    /// - Throws: ``AccountsError`` if the name is taken, or the sandbox may not be `none`; `StoreError`.
    public func addProject(_ project: Project, by actor: UserID) async throws -> Project {
        try await store.write { transaction in
            try add(project, by: actor, in: transaction)
            return try find(transaction, project.id.rawValue)
        }
    }

    /// Creates a project without storing it.
    ///
    /// - Throws: ``AccountsError`` if the name is malformed.
    public func draft(named name: String, repository: String, sandbox: Project.Sandbox) throws -> Project {
        let name = try ProjectName(name)
        return Project(id: try newIdentifier("p"), name: name.text, repository: repository, sandbox: sandbox, createdAt: now())
    }

    /// Stores a drafted project in the caller's transaction.
    ///
    /// - Throws: ``AccountsError`` if the name is taken, or the sandbox may not be `none`; `StoreError`.
    public func add(_ project: Project, by actor: UserID, in transaction: any Transaction) throws {
        guard try transaction.first("SELECT id FROM projects WHERE name = $1", project.name) == nil else {
            throw AccountsError(.nameTaken, "There is a project “\(project.name)” already. Choose another with --name.")
        }
        try checkSandbox(project.sandbox, transaction)
        try transaction.execute(
            "INSERT INTO projects (id, name, repository, sandbox, created_at) VALUES ($1, $2, $3, $4, $5)",
            project.id, project.name, project.repository, project.sandbox, project.createdAt)
        try join(transaction, project.id, actor, .owner, actor, project.createdAt)
        try record(
            transaction, actor, "project.added", project.id.rawValue,
            "\(project.name): \(project.repository), sandbox \(project.sandbox.rawValue)")
    }

    /// All projects, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func projects() async throws -> [Project] {
        try await store.read { transaction in
            transaction.readable(try transaction.query("SELECT * FROM projects ORDER BY name"), of: "projects") { try Project($0) }
        }
    }

    /// A page of all projects, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func projects(_ page: PageRequest) async throws -> Page<Project> {
        try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                "SELECT * FROM projects WHERE name > $1 ORDER BY name LIMIT $2", page.after?.text ?? "", page.probe)
            return transaction.page(rows, of: "projects", key: PageKey.name) { try Project($0) }
        }
    }

    /// The project with this id or name, without a check of access.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func project(_ idOrName: String) async throws -> Project {
        try await store.read { transaction in
            if let row = try row(transaction, idOrName) { return try Project(row) }
            let names = try transaction.query("SELECT name FROM projects ORDER BY name LIMIT 1000").map { try $0.text("name") }
            throw Self.noProject(idOrName, Nearest.hint(for: idOrName, among: names))
        }
    }

    /// The oldest project of this repository in which this user may run sessions; `nil` if there is none.
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

    /// The oldest project of this repository, also one that a user does not belong to; `nil` without one.
    ///
    /// - Throws: `StoreError`.
    public func anyProject(of repository: String) async throws -> Project? {
        try await store.read { transaction in
            try transaction.first("SELECT * FROM projects WHERE repository = $1 ORDER BY created_at", repository).map(Project.init)
        }
    }

    /// Removes a project, to which nothing may refer any more, and its memberships.
    ///
    /// - Throws: `StoreError`, also while something refers to it.
    public func remove(_ project: Project, by actor: UserID, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM members WHERE project_id = $1", project.id)
        try transaction.execute("DELETE FROM projects WHERE id = $1", project.id)
        try record(transaction, actor, "project.removed", project.id.rawValue, "\(project.name): \(project.repository)")
        try noteAccessChange(transaction)
    }

    /// The number of a project's members.
    ///
    /// - Throws: `StoreError`.
    public func countMembers(of project: ProjectID, in transaction: any Transaction) throws -> Int {
        try transaction.first("SELECT COUNT(*) AS count FROM members WHERE project_id = $1", project)?.integer("count") ?? 0
    }

    /// Sets the sandbox of a project's agents.
    ///
    /// - Throws: ``AccountsError``, also if it is `none` and there is a second user; `StoreError`.
    public func setSandbox(_ sandbox: Project.Sandbox, of idOrName: String, by actor: UserID) async throws -> Project {
        try await store.write { transaction in
            let project = try find(transaction, idOrName)
            try checkSandbox(sandbox, transaction)
            try transaction.execute("UPDATE projects SET sandbox = $1 WHERE id = $2", sandbox, project.id)
            try record(transaction, actor, "project.sandbox", project.id.rawValue, sandbox.rawValue)
            return try find(transaction, project.id.rawValue)
        }
    }

    /// The project with this id, in the caller's transaction.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func project(_ id: ProjectID, in transaction: any Transaction) throws -> Project {
        try find(transaction, id.rawValue)
    }

    /// Checks that a sandbox may be chosen, or an agent started with it. Without a sandbox, an agent can read everything that SAM's own
    /// user can: every user's work.
    ///
    /// - Throws: ``AccountsError/Code/invalid`` if it is `none` and there is a second user; `StoreError`.
    public func checkSandbox(_ sandbox: Project.Sandbox, _ transaction: any Transaction) throws {
        guard sandbox == .none, try transaction.query("SELECT id FROM users LIMIT 2").count > 1 else { return }
        throw AccountsError(.invalid, "This server has a second user, so no agent may run without a sandbox.")
    }

    func find(_ transaction: any Transaction, _ idOrName: String) throws -> Project {
        guard let row = try row(transaction, idOrName) else { throw Self.noProject(idOrName) }
        return try Project(row)
    }

    /// Looks up ids before names, so that a project named like another's id can't hide it.
    func row(_ transaction: any Transaction, _ idOrName: String) throws -> Row? {
        try transaction.first("SELECT * FROM projects WHERE id = $1", idOrName)
            ?? transaction.first("SELECT * FROM projects WHERE name = $1", ProjectName.normalised(idOrName))
    }
}
