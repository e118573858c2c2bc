import Synchronization

/// The time by which sessions wait, in UTC milliseconds: the machine's clock at the last ``takeOver()``, plus the time that has passed since then.
///
/// Setting the machine's clock, or a machine that sleeps, therefore ends no wait.
final class SessionClock: Sendable {
    private let wall: @Sendable () -> Int64
    private let steady: @Sendable () -> Int64
    private let offset: Mutex<Int64>

    /// Smaller changes of the machine's clock, in milliseconds, count as ordinary corrections.
    private static let tolerance: Int64 = 1_000

    /// Starts with the machine's time.
    ///
    /// - Parameter steady: milliseconds that pass while the machine runs, from any origin, and are never set.
    init(wall: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.steady = steady
        offset = Mutex(wall() - steady())
    }

    var now: Int64 { steady() + offset.withLock { $0 } }

    /// Adopts the time of the machine's clock.
    ///
    /// - Returns: by how much it was set since the last call, in milliseconds; `nil` when it was only corrected.
    func takeOver() -> Int64? {
        offset.withLock { offset in
            let moved = wall() - steady() - offset
            offset += moved
            return abs(moved) < Self.tolerance ? nil : moved
        }
    }
}

/// Milliseconds for which the machine was awake since the first call.
public func awakeMilliseconds() -> Int64 {
    let (seconds, attoseconds) = beginning.duration(to: .now).components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
}

private let beginning = SuspendingClock.now
