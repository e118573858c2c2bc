import NIOCore

/// One end of a pipe between two connections: what comes in here goes out there, no faster than the other end takes it.
///
/// Both ends are on one event loop.
final class Tunnel: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var other: (any Channel)?
    private var readIsPending = false
    private var context: ChannelHandlerContext?
    private weak var partner: Tunnel?
    private let delivers: Bool

    /// Makes an end that reads nothing before it is joined with another.
    ///
    /// - Parameter delivers: whether the other end is to get everything that came here before it is closed.
    init(delivers: Bool) {
        self.delivers = delivers
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Joins two ends. From now on bytes flow.
    static func join(_ one: Tunnel, on first: any Channel, _ other: Tunnel, on second: any Channel) {
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

    func read(context: ChannelHandlerContext) {
        if other?.isWritable ?? false { context.read() } else { readIsPending = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other?.write(unwrapInboundIn(data), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        other?.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resume() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let other {
            self.other = nil
            if delivers {
                other.writeAndFlush(ByteBuffer()).whenComplete { _ in other.close(promise: nil) }
            } else {
                other.close(promise: nil)
            }
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
