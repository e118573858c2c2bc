import Credentials
import NIOCore
import Synchronization

/// The egress connections of sessions, so that they can be closed with their session. Thread-safe.
final class Outlets: Sendable {
    private let channels = Mutex<[SessionReference: [ObjectIdentifier: any Channel]]>([:])

    /// Registers a connection until it is closed.
    func add(_ channel: any Channel, of session: SessionReference) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[session, default: [:]][id] = channel }
        channel.closeFuture.whenComplete { _ in
            self.channels.withLock { channels in
                channels[session]?[id] = nil
                if channels[session]?.isEmpty == true { channels[session] = nil }
            }
        }
    }

    /// Closes a session's connections and drops unsent data.
    func close(of session: SessionReference) {
        for channel in channels.withLock({ $0[session]?.values.map(\.self) ?? [] }) { channel.close(promise: nil) }
    }
}
