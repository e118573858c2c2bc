import AgentProtocol
import Synchronization

/// Notifies followers of a session that there may be something new. It carries no data: each follower reads the log from its own position,
/// so a slow one costs no memory and all see the same order.
final class Ticker: Sendable {
    private let followers = Mutex<[SessionID: [Int: AsyncStream<Void>.Continuation]]>([:])
    private let isFinished = Atomic(false)
    private let numbers = Atomic(0)

    /// A stream that ticks whenever the session changes, and at each ``tickAll()``.
    func follow(_ session: SessionID) -> AsyncStream<Void> {
        let number = numbers.add(1, ordering: .relaxed).newValue
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.onTermination = { [self] _ in
            followers.withLock { followers in
                followers[session]?[number] = nil
                if followers[session]?.isEmpty == true { followers[session] = nil }
            }
        }
        followers.withLock { $0[session, default: [:]][number] = continuation }
        if isFinished.load(ordering: .acquiring) { continuation.finish() }
        return stream
    }

    /// Notifies the followers of one session.
    func tick(_ session: SessionID) {
        let streams = followers.withLock { Array(($0[session] ?? [:]).values) }
        for stream in streams { stream.yield() }
    }

    /// Wakes all followers, so that they can keep their clients' connections alive.
    func tickAll() {
        let streams = followers.withLock { $0.values.flatMap(\.values) }
        for stream in streams { stream.yield() }
    }

    /// Ends all streams when the server stops.
    func finish() {
        isFinished.store(true, ordering: .releasing)
        let streams = followers.withLock { followers in
            defer { followers = [:] }
            return followers.values.flatMap(\.values)
        }
        for stream in streams { stream.finish() }
    }
}
