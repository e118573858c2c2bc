import NIOCore

/// One end of a pipe between two connections: what comes in here goes out there, no faster than the other end takes it, and the
/// end of one is the end of the other.
///
/// Both ends are on one event loop, and are used on it only.
public final class Tunnel: ChannelDuplexHandler, RemovableChannelHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    private var other: (any Channel)?
    private weak var partner: Tunnel?
    private var context: ChannelHandlerContext?
    private var readIsPending = false
    private var hasEnded = false

    /// Makes an end that reads nothing before it is joined with another.
    public init() {}

    /// Joins two ends. From now on bytes flow; where one has ended already, the other does.
    public static func join(_ one: Tunnel, on first: any Channel, _ other: Tunnel, on second: any Channel) {
        if one.hasEnded || other.hasEnded {
            first.close(promise: nil)
            return second.close(promise: nil)
        }
        one.other = second
        one.partner = other
        other.other = first
        other.partner = one
        one.resume()
        other.resume()
    }

    private func resume() {
        guard readIsPending, other?.isWritable ?? false else { return }
        readIsPending = false
        context?.read()
    }

    public func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    public func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    public func read(context: ChannelHandlerContext) {
        if other?.isWritable ?? false { context.read() } else { readIsPending = true }
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other?.write(unwrapInboundIn(data), promise: nil)
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        other?.flush()
        context.fireChannelReadComplete()
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resume() }
        context.fireChannelWritabilityChanged()
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { end(.output) }
        context.fireUserInboundEventTriggered(event)
    }

    public func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        end(.all)
        other = nil
        context.fireChannelInactive()
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Ends the other side, when everything that came here before is there.
    private func end(_ mode: CloseMode) {
        guard let other else { return }
        other.writeAndFlush(ByteBuffer()).whenComplete { _ in other.close(mode: mode, promise: nil) }
    }
}
