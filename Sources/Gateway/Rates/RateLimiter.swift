import Accounts
import NIOCore
import Synchronization

/// Counts the requests of each layer against its rate.
///
/// A layer has a bucket of one minute's requests that fills evenly, so that a burst passes and a stream settles at the rate. Each
/// server counts for itself, and a new one begins with full buckets. Safe to share.
final class RateLimiter: Sendable {
    /// A bucket is one number: the time at which it will be full again. Every request puts that off by its part of a minute.
    private let fullAt = Mutex<[ScopeOwner: NIODeadline]>([:])

    private static let minute = TimeAmount.minutes(1)

    /// Takes one request out of all buckets, or out of none.
    ///
    /// - Returns: the tightest layer, and how long until it has room; `nil` when the request may be made.
    func take(_ rates: [Rate], at now: NIODeadline = .now()) -> (rate: Rate, wait: TimeAmount)? {
        guard !rates.isEmpty else { return nil }
        return fullAt.withLock { fullAt in
            let wishes = rates.map { rate in
                let part = TimeAmount.nanoseconds(Self.minute.nanoseconds / Int64(rate.requestsPerMinute))
                return (rate: rate, full: max(fullAt[rate.owner] ?? now, now) + part)
            }
            if let last = wishes.max(by: { $0.full < $1.full }), last.full - now > Self.minute {
                return (last.rate, last.full - now - Self.minute)
            }
            for wish in wishes { fullAt[wish.rate.owner] = wish.full }
            return nil
        }
    }
}
