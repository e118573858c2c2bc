import Accounts
import Store

/// Sums the changes of spending and reservations of several requests before they are written: a batch of a thousand requests of one user
/// changes a handful of rows.
struct SpendingSums {
    private struct Key: Hashable {
        var owner: ScopeOwner
        var period: Period
        var start: Int64
    }

    private struct Sum {
        var settled = Money.zero
        var reserved = Money.zero
        var typical = Money.zero
    }

    private let zones: BudgetZones
    private var sums: [Key: Sum] = [:]
    /// The last computed periods: calendar calculations are slow.
    private var last: [Period: (start: Int64, end: Int64)] = [:]

    init(_ zones: BudgetZones) { self.zones = zones }

    /// Adds to the owner's periods that contain a time. Amounts may be negative.
    ///
    /// - Parameters:
    ///   - reserved: the most that the requests may cost.
    ///   - typical: what such requests typically cost.
    mutating func add(
        settled: Money = .zero, reserved: Money = .zero, typical: Money = .zero, to owner: ScopeOwner, at time: Int64
    ) {
        for period in Period.allCases {
            let key = Key(owner: owner, period: period, start: start(of: period, at: time))
            var sum = sums[key] ?? Sum()
            sum.settled = sum.settled + settled
            sum.reserved = sum.reserved + reserved
            sum.typical = sum.typical + typical
            sums[key] = sum
        }
    }

    private mutating func start(of period: Period, at time: Int64) -> Int64 {
        if let known = last[period], known.start <= time, time < known.end { return known.start }
        let interval = period.interval(of: time, in: zones)
        last[period] = interval
        return interval.start
    }

    /// Four billion dollars: two of them fit into a column.
    private static let most = Money(rawValue: 4_000_000_000_000_000_000)

    /// Writes the sums.
    ///
    /// - Throws: `StoreError`.
    func write(_ transaction: any Transaction) throws {
        for (key, sum) in sums {
            try transaction.execute(
                """
                INSERT INTO spending (scope, owner, period, starts_at, settled_nano, reserved_nano, typical_nano)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (scope, owner, period, starts_at) DO UPDATE SET
                    settled_nano = CASE WHEN spending.settled_nano > 4000000000000000000 THEN spending.settled_nano
                        ELSE spending.settled_nano + excluded.settled_nano END,
                    reserved_nano = spending.reserved_nano + excluded.reserved_nano,
                    typical_nano = spending.typical_nano + excluded.typical_nano
                """, key.owner.scope, key.owner.owner, key.period, key.start, min(sum.settled, Self.most), sum.reserved, sum.typical)
        }
    }
}
