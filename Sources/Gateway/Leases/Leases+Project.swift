import Accounts
import Metering
import Store

extension Leases {
    /// The number of gateway keys bound to a project, and of its budgets.
    ///
    /// - Throws: `StoreError`.
    public func counts(of project: ProjectID, in transaction: any Transaction) throws -> (keys: Int, budgets: Int) {
        let keys =
            try transaction.first(
                "SELECT COUNT(*) AS count FROM leases WHERE project_id = $1 AND key_id IS NOT NULL", project
            )?.integer("count") ?? 0
        return (keys, try Budgets.count(at: .project(project), in: transaction))
    }

    /// Deletes the keys, budgets and prices of a removed project.
    ///
    /// - Throws: `StoreError`.
    public func forget(_ project: ProjectID, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM leases WHERE project_id = $1", project)
        try Budgets.forget(.project(project), in: transaction)
        try ProjectPriceBook.forget(project, in: transaction)
    }
}
