import Accounts
import Store

/// Spending and reservations of each owner, by period. Every request counts at every layer, with or without a budget, so that a budget set
/// in the middle of a month includes that month.
enum Spending {
    /// Reads what is spent, the most that open requests may cost, what they typically cost, and whether the owner was warned.
    ///
    /// - Parameter start: the first millisecond of the period, in UTC milliseconds.
    static func of(
        _ owner: ScopeOwner, _ period: Period, from start: Int64, _ transaction: any Transaction
    ) throws -> (settled: Money, reserved: Money, typical: Money, isWarned: Bool) {
        let row = try transaction.first(
            """
            SELECT settled_nano, reserved_nano, typical_nano, warned FROM spending
            WHERE scope = $1 AND owner = $2 AND period = $3 AND starts_at = $4
            """, owner.scope, owner.owner, period, start)
        guard let row else { return (.zero, .zero, .zero, false) }
        return (
            try row.money("settled_nano"), try row.money("reserved_nano"), try row.money("typical_nano"), try row.flag("warned")
        )
    }
}

extension Row {
    /// An amount in billionths of a dollar.
    func money(_ column: String) throws -> Money { Money(rawValue: Int64(try integer(column))) }

    /// An amount in billionths of a dollar, or `nil` for NULL.
    func optionalMoney(_ column: String) throws -> Money? { try optionalInteger(column).map { Money(rawValue: Int64($0)) } }
}
