import Synchronization

/// Running totals since the server's start, for monitoring. Thread-safe.
public final class UsageCounters: Sendable {
    /// Identifies a total.
    public struct Key: Sendable, Hashable {
        /// The provider's id.
        public var provider: String
        /// The first digit of the status: 2 for success, 0 for no response.
        public var statusClass: Int
    }

    /// The sums of the requests of one key.
    public struct Total: Sendable, Hashable {
        /// The number of requests.
        public var requests = 0
        /// The tokens used.
        public var usage = TokenUsage()
        /// The cost.
        public var cost = Money.zero
        /// The time from each request to the end of its response, in milliseconds.
        public var milliseconds = 0
    }

    private let totals = Mutex<[Key: Total]>([:])

    func count(_ entry: UsageEntry) {
        totals.withLock { totals in
            let key = Key(provider: entry.request.payer.provider, statusClass: entry.status / 100)
            totals[key, default: Total()].add(entry)
        }
    }

    /// The current totals.
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
