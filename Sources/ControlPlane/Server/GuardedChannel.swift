import HummingbirdCore
import Limits
import Logging
import NIOCore
import NIOHTTPTypesHTTP1

/// A connection to a socket of this server's own, with a place that it has to have.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let admission: Admission
    let listener: Listener

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let operations = channel.pipeline.syncOperations
            let codec = try operations.handler(type: HTTP1ToHTTPServerCodec.self)
            try operations.addHandler(ConnectionGuard(admission, at: listener), position: .before(codec))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension Admission {
    /// Has a listener accept no more than there is room for.
    @Sendable func gate(_ listener: any Channel) -> EventLoopFuture<Void> {
        listener.eventLoop.submit {
            try listener.pipeline.syncOperations.addHandler(AcceptGate(self), position: .first)
        }
    }
}
