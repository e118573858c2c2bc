import Store

extension Accounts {
    /// Grows with each change after which somebody may do less than before, or more: of a user, a role in a project, a token. So that
    /// those who watch it need not ask for each of the many who listen.
    ///
    /// - Throws: `StoreError`.
    public func accessChanges() async throws -> Int {
        try await store.read { transaction in
            try transaction.first("SELECT number FROM access_changes WHERE id = 1")?.integer("number") ?? 0
        }
    }

    /// Counts such a change, in its transaction.
    func noteAccessChange(_ transaction: any Transaction) throws {
        try transaction.execute("UPDATE access_changes SET number = number + 1 WHERE id = 1")
    }
}
