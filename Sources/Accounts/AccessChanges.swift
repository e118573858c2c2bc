import Store

extension Accounts {
    /// A number that grows with each change of rights: of a user, a role in a project, or a token.
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
