import Synchronization

/// Running totals since the start, for who watches the server. Safe to share.
public final class UsageCounters: Sendable {
    /// What a total is told apart by.
    public struct Key: Sendable, Hashable {
        public var provider: String
        /// The first digit of the status: 2 for what went well, 0 for no answer.
        public var statusClass: Int
    }

    /// A total.
    public struct Total: Sendable, Hashable {
        public var requests = 0
        public var usage = TokenUsage()
        public var cost = Money.zero
        public var milliseconds = 0
    }

    private let totals = Mutex<[Key: Total]>([:])

    func count(_ entry: UsageEntry) {
        totals.withLock { totals in
            let key = Key(provider: entry.request.payer.provider, statusClass: entry.status / 100)
            totals[key, default: Total()].add(entry)
        }
    }

    /// The totals now.
    public var current: [Key: Total] { totals.withLock { $0 } }
}

extension UsageCounters.Total {
    fileprivate mutating func add(_ entry: UsageEntry) {
        requests += 1
        usage.add(entry.usage)
        cost = cost + entry.cost
        milliseconds += entry.milliseconds
    }
}
