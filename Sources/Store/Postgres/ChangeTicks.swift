import Foundation
import Synchronization

/// The followers of table changes. Ticks are merged until they are consumed. Thread-safe.
final class ChangeTicks: Sendable {
    private struct Follower {
        var tables: Set<String>
        var ticks: AsyncStream<Void>.Continuation
    }

    private let followers = Mutex<[UUID: Follower]>([:])

    /// A stream that ticks after changes of one of these tables.
    func follow(_ tables: [String]) -> AsyncStream<Void> {
        let (stream, ticks) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = UUID()
        followers.withLock { $0[id] = Follower(tables: Set(tables), ticks: ticks) }
        ticks.onTermination = { [weak self] _ in self?.followers.withLock { $0[id] = nil } }
        return stream
    }

    /// Ticks for the followers of these tables, or for all followers if it is unknown what changed (`nil`).
    func tick(_ tables: Set<String>?) {
        let told = followers.withLock { followers in
            followers.values.filter { follower in tables.map { !follower.tables.isDisjoint(with: $0) } ?? true }
        }
        for follower in told { follower.ticks.yield() }
    }

    /// Ends all streams.
    func finish() {
        for follower in followers.withLock({ Array($0.values) }) { follower.ticks.finish() }
    }
}
