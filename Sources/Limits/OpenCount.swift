import Synchronization

/// Accepted connections that are not closed yet. Thread-safe.
public final class OpenCount: Sendable {
    private struct State {
        var open = 0
        /// Called when there is room to accept again.
        var waiting: [@Sendable () -> Void] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Creates a count.
    ///
    /// - Parameter limit: with this many open connections no more are accepted.
    public init(limit: Int) { self.limit = limit }

    /// A connection was accepted.
    func accepted() { state.withLock { $0.open += 1 } }

    /// A connection is closed and its descriptor free.
    func closed() {
        let waiting = state.withLock { state -> [@Sendable () -> Void] in
            state.open -= 1
            guard state.open < limit else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for go in waiting { go() }
    }

    /// Whether one more connection may be accepted. If not, `later` is called once there is room.
    func mayAccept(later: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.open >= limit else { return true }
            state.waiting.append(later)
            return false
        }
    }
}
