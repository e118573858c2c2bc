import Accounts
import Store

extension Settings {
    /// The number of settings that a layer says something about.
    ///
    /// - Throws: `StoreError`.
    public func count(at owner: ScopeOwner, in transaction: any Transaction) throws -> Int {
        try transaction.first("SELECT COUNT(*) AS count FROM settings WHERE scope = $1 AND owner = $2", owner.scope, owner.owner)?
            .integer("count") ?? 0
    }

    /// Removes all settings of a layer whose owner was removed.
    ///
    /// - Throws: `StoreError`.
    public func forget(_ owner: ScopeOwner, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM settings WHERE scope = $1 AND owner = $2", owner.scope, owner.owner)
    }
}
