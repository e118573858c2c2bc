import Synchronization

/// A clock whose waits end at once, because they move it.
public final class SkippingClock: Clock {
    /// The type of its times.
    public typealias Instant = TestInstant

    private let time = Mutex(Duration.zero)

    /// Creates a clock at zero.
    public init() {}

    /// The time that it shows.
    public var now: Instant { Instant(passed: time.withLock { $0 }) }
    /// Any duration is told apart.
    public var minimumResolution: Duration { .zero }

    /// Sleeps until the clock shows a time.
    ///
    /// - Throws: `CancellationError`.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        time.withLock { $0 = max($0, deadline.passed) }
        await Task.yield()
    }
}
