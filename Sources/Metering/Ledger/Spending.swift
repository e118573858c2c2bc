import Accounts
import Store

/// What the owners of a request's layers have spent and hold back, period by period. Every request is counted at every
/// layer, budget or not, so that a budget which is set in the middle of a month knows that month.
enum Spending {
    /// What is spent, what is held back, and whether its owner was warned.
    static func of(
        _ owner: ScopeOwner, _ period: Period, at time: Int64, _ transaction: any Transaction
    ) throws -> (settled: Money, reserved: Money, isWarned: Bool) {
        let row = try transaction.first(
            "SELECT settled_nano, reserved_nano, warned FROM spending WHERE scope = $1 AND owner = $2 AND period = $3 AND starts_at = $4",
            owner.scope, owner.owner, period, period.interval(of: time).start)
        guard let row else { return (.zero, .zero, false) }
        return (
            Money(rawValue: Int64(try row.integer("settled_nano"))), Money(rawValue: Int64(try row.integer("reserved_nano"))),
            try row.flag("warned")
        )
    }
}
