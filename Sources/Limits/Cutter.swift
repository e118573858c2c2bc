import NIOCore

/// The first handler of a TLS connection: on `Cut` it closes the connection at once, without TLS's closing exchange.
public final class Cutter: ChannelOutboundHandler {
    /// There is no outbound data.
    public typealias OutboundIn = Never
    /// There is no forwarded outbound data.
    public typealias OutboundOut = Never

    struct Cut: Sendable {}

    /// Creates a handler.
    public init() {}

    /// Closes the connection on `Cut`.
    public func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Cut else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        context.close(promise: nil)
    }
}
