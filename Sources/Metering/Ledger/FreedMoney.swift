import Synchronization

/// Notifies desks that reserved money was released. It is made before both the ledger, which sends, and the desks, which follow.
final class FreedMoney: Sendable {
    private let followers = Mutex<[Int: AsyncStream<Void>.Continuation]>([:])
    private let numbers = Atomic(0)

    /// A stream that yields after money was released. Notices that are not read yet become one.
    func follow() -> AsyncStream<Void> {
        let number = numbers.add(1, ordering: .relaxed).newValue
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.onTermination = { [weak self] _ in
            self?.followers.withLock { $0[number] = nil }
        }
        followers.withLock { $0[number] = continuation }
        return stream
    }

    func send() {
        for follower in followers.withLock({ Array($0.values) }) { follower.yield() }
    }

    deinit {
        for follower in followers.withLock({ Array($0.values) }) { follower.finish() }
    }
}
