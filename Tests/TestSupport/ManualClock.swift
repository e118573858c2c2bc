import Synchronization

/// A clock that only a test moves.
public final class ManualClock: Clock {
    /// The type of its times.
    public typealias Instant = TestInstant

    private struct State {
        var now = Duration.zero
        var sleepers: [Int: (until: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Creates a clock at zero.
    public init() {}

    /// The time that it shows.
    public var now: Instant { Instant(passed: state.withLock { $0.now }) }
    /// Any duration is told apart.
    public var minimumResolution: Duration { .zero }

    /// Sleeps until the clock shows a time.
    ///
    /// - Throws: `CancellationError`.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    guard deadline.passed > state.now, !Task.isCancelled else { return true }
                    state.sleepers[number] = (deadline.passed, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: number) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
        try Task.checkCancellation()
    }

    /// Time passes.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Waits until a task sleeps until this time.
    public func sleeper(until time: Duration) async {
        while !state.withLock({ $0.sleepers.values.contains { $0.until == time } }) { await Task.yield() }
    }
}
