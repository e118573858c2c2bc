import Store

extension Accounts {
    /// A counter of changes to access rights: to users, roles in projects, or tokens.
    ///
    /// - Throws: `StoreError`.
    public func accessChanges() async throws -> Int {
        try await store.read { transaction in
            try transaction.first("SELECT number FROM access_changes WHERE id = 1")?.integer("number") ?? 0
        }
    }

    /// A stream that ticks after each such change, and maybe more often; see `Store.changes`.
    public func accessTicks() -> AsyncStream<Void> { store.changes(of: ["access_changes"]) }

    /// Counts such a change in the change's transaction.
    func noteAccessChange(_ transaction: any Transaction) throws {
        try transaction.execute("UPDATE access_changes SET number = number + 1 WHERE id = 1")
    }
}
