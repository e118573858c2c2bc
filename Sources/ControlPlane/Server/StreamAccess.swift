import NIOCore
import Synchronization

/// The right to follow a stream, which can be lost while the stream lasts. It is looked up once, and again when rights may have changed.
final class StreamAccess: Sendable {
    /// The time for a client that reads to get the stream's end before its connection is closed.
    private let parting: TimeAmount
    private let changes: AsyncStream<Void>
    private let channel: any Channel
    private let holds: @Sendable () async throws -> Bool
    private let lost = Atomic(false)

    /// - Parameters:
    ///   - changes: yields when rights may have changed.
    ///   - channel: the stream's connection.
    ///   - holds: whether the right is still there.
    init(
        changes: AsyncStream<Void>, channel: any Channel, parting: TimeAmount = .milliseconds(250),
        holds: @escaping @Sendable () async throws -> Bool
    ) {
        self.changes = changes
        self.channel = channel
        self.parting = parting
        self.holds = holds
    }

    /// Whether the right was lost.
    var isLost: Bool { lost.load(ordering: .acquiring) }

    /// Looks the right up.
    ///
    /// - Returns: whether it is still there. One that can't be looked up counts as lost: the client can follow again from the last event.
    func check() async -> Bool {
        do {
            if try await holds() { return true }
        } catch {
            if Task.isCancelled { return false }
        }
        lost.store(true, ordering: .releasing)
        // Closes the connection whether or not the client takes what is on its way.
        channel.eventLoop.scheduleTask(in: parting) { [channel] in channel.close(promise: nil) }
        return false
    }

    /// Returns when the event loop has seen what was written: until then a writer takes more than the connection does.
    func handedOver() async throws { try await channel.eventLoop.submit {}.get() }

    /// Looks the right up at each change, and returns when it is lost.
    func watch() async {
        for await _ in changes where await !check() { return }
    }
}
