import HummingbirdCore
import Limits
import Logging
import NIOCore
import NIOHTTPTypesHTTP1

/// A connection to one of this server's own sockets, which needs a slot.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let admission: Admission
    let listener: Listener

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let operations = channel.pipeline.syncOperations
            let codec = try operations.handler(type: HTTP1ToHTTPServerCodec.self)
            try operations.addHandlers(admission.handlers(at: listener), position: .before(codec))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension OpenCount {
    /// Makes a listener stop accepting while there is no room.
    @Sendable func gate(_ listener: any Channel) -> EventLoopFuture<Void> {
        listener.eventLoop.submit {
            try listener.pipeline.syncOperations.addHandler(AcceptGate(self), position: .first)
        }
    }
}
