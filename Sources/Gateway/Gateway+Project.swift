import Accounts
import Metering
import Store

extension Gateway {
    /// How many gateway keys stand under a project's layers, and how many budgets it has.
    ///
    /// - Throws: `StoreError`.
    public func counts(of project: ProjectID, in transaction: any Transaction) throws -> (keys: Int, budgets: Int) {
        let keys =
            try transaction.first(
                "SELECT COUNT(*) AS count FROM leases WHERE project_id = $1 AND key_id IS NOT NULL", project
            )?.integer("count") ?? 0
        return (keys, try Budgets.count(at: .project(project), in: transaction))
    }

    /// Removes the keys and budgets of a project that is no more.
    ///
    /// - Throws: `StoreError`.
    public func forget(_ project: ProjectID, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM leases WHERE project_id = $1", project)
        try Budgets.forget(.project(project), in: transaction)
    }
}
