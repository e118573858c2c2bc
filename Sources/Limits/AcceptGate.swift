import NIOCore

/// A listener's handler that counts open connections and stops accepting when the descriptors for them run out. Further connections wait in
/// the kernel's queue until there is room.
public final class AcceptGate: ChannelDuplexHandler {
    /// The type of inbound data.
    public typealias InboundIn = any Channel
    /// The type of forwarded inbound data.
    public typealias InboundOut = any Channel
    /// There is no outbound data.
    public typealias OutboundIn = Never
    /// There is no forwarded outbound data.
    public typealias OutboundOut = Never

    private let count: OpenCount
    private var isWaiting = false

    /// Creates a gate.
    public init(_ count: OpenCount) { self.count = count }

    /// Counts an accepted connection until it is closed.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count.accepted()
        unwrapInboundIn(data).closeFuture.whenComplete { [count] _ in count.closed() }
        context.fireChannelRead(data)
    }

    /// Accepts the next connection, or waits until one is closed.
    public func read(context: ChannelHandlerContext) {
        guard !isWaiting else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let goes = count.mayAccept {
            eventLoop.execute {
                let (gate, context) = bound.value
                gate.isWaiting = false
                if context.channel.isActive { context.channel.read() }
            }
        }
        if goes { context.read() } else { isWaiting = true }
    }
}
