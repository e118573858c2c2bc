import Accounts
import Store

/// What several requests add to what is spent and held back, summed up before it is written: a batch of a thousand requests of one
/// person changes a handful of rows.
struct SpendingSums {
    private struct Key: Hashable {
        var owner: ScopeOwner
        var period: Period
        var start: Int64
    }

    private var sums: [Key: (settled: Money, reserved: Money)] = [:]
    /// When the periods of a day began; the calendar is slow to tell.
    private var starts: [Int64: [(period: Period, start: Int64)]] = [:]

    /// Adds to an owner's periods that a time lies in. Amounts may be negative.
    mutating func add(settled: Money = .zero, reserved: Money = .zero, to owner: ScopeOwner, at time: Int64) {
        for (period, start) in periods(of: time) {
            let key = Key(owner: owner, period: period, start: start)
            let sum = sums[key] ?? (.zero, .zero)
            sums[key] = (sum.settled + settled, sum.reserved + reserved)
        }
    }

    private mutating func periods(of time: Int64) -> [(period: Period, start: Int64)] {
        let day = time / 86_400_000
        if let known = starts[day] { return known }
        let periods = Period.allCases.map { ($0, $0.interval(of: time).start) }
        starts[day] = periods
        return periods
    }

    /// Writes the sums.
    ///
    /// - Throws: `StoreError`.
    func write(_ transaction: any Transaction) throws {
        for (key, sum) in sums {
            try transaction.execute(
                """
                INSERT INTO spending (scope, owner, period, starts_at, settled_nano, reserved_nano) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (scope, owner, period, starts_at) DO UPDATE SET
                    settled_nano = spending.settled_nano + excluded.settled_nano,
                    reserved_nano = spending.reserved_nano + excluded.reserved_nano
                """, key.owner.scope, key.owner.owner, key.period, key.start, sum.settled, sum.reserved)
        }
    }
}
