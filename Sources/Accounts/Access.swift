import Store

extension Accounts {
    /// The project with this id or name, if this user is a member of it. To others there is no such project.
    ///
    /// - Throws: ``AccountsError/Code/notFound``; `StoreError`.
    public func project(_ idOrName: String, for user: UserID) async throws -> Project {
        try await store.read { transaction in
            let project = try find(transaction, idOrName)
            guard try isActiveMember(user, of: project.id, in: transaction) else { throw Self.noProject(idOrName) }
            return project
        }
    }

    /// The projects that this user is a member of, by name. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func projects(of user: UserID) async throws -> [Project] {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT p.* FROM projects p JOIN members m ON m.project_id = p.id WHERE m.user_id = $1 ORDER BY p.name", user)
            return transaction.readable(rows, of: "projects") { try Project($0) }
        }
    }

    /// Checks that a user may change a layer: their own, that of a project they are a member of, or, for
    /// administrators, the platform's.
    ///
    /// - Throws: ``AccountsError/Code/forbidden``, or ``AccountsError/Code/notFound`` for what they may not know of;
    ///   `StoreError`.
    public func check(_ user: User, mayChange owner: ScopeOwner, in transaction: any Transaction) throws {
        switch owner {
        case .user(let id):
            guard id == user.id else { throw AccountsError(.notFound, "There is no such user for you to change.") }
        case .project(let id):
            guard try isActiveMember(user.id, of: id, in: transaction) else { throw Self.noProject(id.rawValue) }
        case .platform:
            try user.requireAdministrator("The platform's layer is the administrators'.")
        }
    }

    static func noProject(_ idOrName: String) -> AccountsError {
        AccountsError(.notFound, "There is no project “\(idOrName.prefix(80))”. `sam projects list` shows those there are.")
    }
}

extension User {
    /// Checks that the user is an administrator.
    ///
    /// - Parameter why: a sentence for one who is not.
    /// - Throws: ``AccountsError/Code/forbidden``.
    public func requireAdministrator(_ why: String) throws(AccountsError) {
        guard role == .administrator else { throw AccountsError(.forbidden, why) }
    }
}
