import Synchronization

/// Counts refusals by listener and reason, and logs them at intervals. Thread-safe.
public final class Refusals: Sendable {
    /// The listener and reason of a count.
    public struct Key: Sendable, Hashable {
        /// The kind of listener; see ``Listener/kind``.
        public var listener: String
        /// The reason.
        public var reason: LimitReason

        /// Creates a key.
        public init(listener: String, reason: LimitReason) {
            self.listener = listener
            self.reason = reason
        }
    }

    private struct State {
        var counts: [Key: Int] = [:]
        /// The counts that were logged last, and when.
        var told: [Key: (count: Int, at: ContinuousClock.Instant)] = [:]
    }

    private let state = Mutex(State())
    private let tell: @Sendable (String) -> Void
    private let pause: Duration

    /// Creates a counter.
    ///
    /// - Parameters:
    ///   - pause: the shortest time between two log lines for the same key.
    ///   - tell: receives a sentence for the log.
    public init(pause: Duration = .seconds(30), tell: @escaping @Sendable (String) -> Void = { _ in }) {
        self.pause = pause
        self.tell = tell
    }

    /// The totals since the start.
    public var counts: [Key: Int] { state.withLock { $0.counts } }

    /// Counts a refusal.
    public func count(_ reason: LimitReason, at listener: Listener) {
        let key = Key(listener: listener.kind, reason: reason)
        let news = state.withLock { state -> Int? in
            let total = state.counts[key, default: 0] + 1
            state.counts[key] = total
            let now = ContinuousClock.now
            if let told = state.told[key], now - told.at < pause { return nil }
            let news = total - (state.told[key]?.count ?? 0)
            state.told[key] = (total, now)
            return news
        }
        guard let news else { return }
        tell(
            "Limits, listener “\(key.listener)”: \(news) \(reason.told). The next line on it comes in \(pause.components.seconds) s or later."
        )
    }
}
