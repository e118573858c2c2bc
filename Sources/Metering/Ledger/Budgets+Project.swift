import Accounts
import Store

extension Budgets {
    /// The number of budgets of a layer.
    ///
    /// - Throws: `StoreError`.
    public static func count(at owner: ScopeOwner, in transaction: any Transaction) throws -> Int {
        try transaction.first("SELECT COUNT(*) AS count FROM budgets WHERE scope = $1 AND owner = $2", owner.scope, owner.owner)?
            .integer("count") ?? 0
    }

    /// Removes the budgets of a layer whose owner was deleted. The recorded spending stays.
    ///
    /// - Throws: `StoreError`.
    public static func forget(_ owner: ScopeOwner, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM budgets WHERE scope = $1 AND owner = $2", owner.scope, owner.owner)
    }
}
