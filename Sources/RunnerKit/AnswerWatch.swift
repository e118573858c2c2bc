import Synchronization

/// Records when a request to the control plane last succeeded, and tells when that is too long ago.
final class AnswerWatch<Time: Clock>: Sendable where Time.Duration == Duration {
    private let clock: Time
    private let limit: Duration
    private let last: Mutex<Time.Instant>

    /// Starts now.
    ///
    /// - Parameter limit: the longest time between two successes.
    init(clock: Time, limit: Duration) {
        self.clock = clock
        self.limit = limit
        last = Mutex(clock.now)
    }

    /// Records a success.
    func answered() { last.withLock { $0 = clock.now } }

    /// Returns when no request succeeded for the time limit.
    ///
    /// - Throws: `CancellationError`.
    func untilSilent() async throws {
        while true {
            let end = last.withLock { $0 }.advanced(by: limit)
            if clock.now >= end { return }
            try await clock.sleep(until: end, tolerance: nil)
        }
    }
}
