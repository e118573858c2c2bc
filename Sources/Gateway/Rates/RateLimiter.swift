import Accounts
import NIOCore
import Synchronization

/// Counts the requests of each layer against its rate.
///
/// Each layer has a token bucket with the capacity of one minute's requests, refilled evenly, so that bursts pass and streams settle at
/// the rate. Each server counts for itself and starts with full buckets. Safe to share.
final class RateLimiter: Sendable {
    /// The time at which each bucket is full again. Every request delays it by its share of a minute.
    private let fullAt = Mutex<[ScopeOwner: NIODeadline]>([:])

    private static let minute = TimeAmount.minutes(1)

    /// Takes one request from all buckets, or from none.
    ///
    /// - Returns: the most restrictive layer and the time until it has room; `nil` when the request is allowed.
    func take(_ rates: [Rate], at now: NIODeadline) -> (rate: Rate, wait: TimeAmount)? {
        guard !rates.isEmpty else { return nil }
        return fullAt.withLock { fullAt in
            let candidates = rates.map { rate in
                let part = TimeAmount.nanoseconds(Self.minute.nanoseconds / Int64(rate.requestsPerMinute))
                return (rate: rate, full: max(fullAt[rate.owner] ?? now, now) + part)
            }
            if let last = candidates.max(by: { $0.full < $1.full }), last.full - now > Self.minute {
                return (last.rate, last.full - now - Self.minute)
            }
            for candidate in candidates { fullAt[candidate.rate.owner] = candidate.full }
            return nil
        }
    }
}
