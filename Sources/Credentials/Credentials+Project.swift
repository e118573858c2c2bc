import Accounts
import Store

extension Credentials {
    /// How many credentials a layer has.
    ///
    /// - Throws: `StoreError`.
    public func count(at owner: ScopeOwner, in transaction: any Transaction) throws -> Int {
        try transaction.first(
            """
            SELECT COUNT(*) AS count FROM credentials
            WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3
            """, owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? ""
        )?.integer("count") ?? 0
    }

    /// Removes everything that stands at a layer whose owner is no more: secrets, what is held for them, and tombstones.
    ///
    /// - Throws: `StoreError`.
    public func forget(_ owner: ScopeOwner, in transaction: any Transaction) throws {
        let layer = [owner.scope.rawValue, owner.project?.rawValue ?? "", owner.user?.rawValue ?? ""]
        try transaction.execute(
            "DELETE FROM bindings WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3", layer)
        try transaction.execute(
            "DELETE FROM credentials WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3", layer)
    }
}
