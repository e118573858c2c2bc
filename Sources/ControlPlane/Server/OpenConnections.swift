import NIOCore
import Synchronization

/// The open connections of a listener, to close them with it.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Adds a connection until it closes. After the end it is closed at once.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.channels[id] = channel }
            return state.isClosed
        }
        if isClosed { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in self.remove(channel) }
    }

    /// Removes a connection, which stays open.
    func remove(_ channel: any Channel) {
        state.withLock { $0.channels[ObjectIdentifier(channel)] = nil }
    }

    /// Closes all connections, and those that are added later.
    func closeAll() {
        for channel in end() { channel.close(promise: nil) }
    }

    /// Closes the connections without a request at once, and the others when their last request is answered or the time limit has passed.
    /// Needs an `HTTPServerPipelineHandler` in their pipelines.
    ///
    /// - Parameter clock: measures the time limit.
    func finish(within limit: Duration, clock: some Clock<Duration> = ContinuousClock()) async {
        let channels = end()
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for channel in channels { _ = try? await channel.closeFuture.get() } }
            group.addTask {
                // Also when the task is cancelled.
                try? await clock.sleep(for: limit)
                for channel in channels { channel.close(promise: nil) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// - Returns: the connections that are open now.
    private func end() -> [any Channel] {
        state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
    }
}
