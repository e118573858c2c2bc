import Synchronization

/// The engine's time, in UTC milliseconds: what the machine's clock said when it was last asked, and since then what really passed.
///
/// A machine's clock is set by people and programs, and a machine that slept finds its own far ahead. None of that may end a wait.
final class EngineClock: Sendable {
    private let wall: @Sendable () -> Int64
    private let steady: @Sendable () -> Int64
    private let offset: Mutex<Int64>

    /// What a clock that is kept right is moved by at once is less than this, in milliseconds.
    private static let tolerance: Int64 = 1_000

    /// Begins with the machine's time.
    ///
    /// - Parameter steady: milliseconds that pass while the machine runs, from any beginning, and are never set.
    init(wall: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.steady = steady
        offset = Mutex(wall() - steady())
    }

    var now: Int64 { steady() + offset.withLock { $0 } }

    /// Takes over what the machine's clock says now.
    ///
    /// - Returns: by how much it was set since the last time; `nil` when it was only kept right.
    func takeOver() -> Int64? {
        offset.withLock { offset in
            let moved = wall() - steady() - offset
            offset += moved
            return abs(moved) < Self.tolerance ? nil : moved
        }
    }
}

/// Milliseconds since this program's beginning in which the machine was awake.
public func awakeMilliseconds() -> Int64 {
    let (seconds, attoseconds) = beginning.duration(to: .now).components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
}

private let beginning = SuspendingClock.now
