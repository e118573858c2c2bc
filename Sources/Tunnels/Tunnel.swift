import NIOCore

/// One end of a pipe between two connections: data that is read here is written there, with back pressure, and the end of one connection
/// ends the other.
///
/// Both ends must be on the same event loop and be used only there.
public final class Tunnel: ChannelDuplexHandler, RemovableChannelHandler {
    /// The type of inbound data.
    public typealias InboundIn = ByteBuffer
    /// The type of forwarded inbound data.
    public typealias InboundOut = ByteBuffer
    /// The type of outbound data.
    public typealias OutboundIn = ByteBuffer
    /// The type of forwarded outbound data.
    public typealias OutboundOut = ByteBuffer

    private var other: (any Channel)?
    private weak var partner: Tunnel?
    private var context: ChannelHandlerContext?
    private var readIsPending = false
    private var hasEnded = false
    private let drainTimeout: TimeAmount?

    /// Creates an end that reads nothing until it is joined with another.
    ///
    /// - Parameter drainTimeout: when this end's connection has closed, how long the other may take nothing of what was written to it before it
    ///   is closed with that; `nil` for any time.
    public init(drainTimeout: TimeAmount? = nil) { self.drainTimeout = drainTimeout }

    /// Joins two ends and starts the flow. If one has ended already, closes both.
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

    /// Stores the context.
    public func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    /// Releases the context.
    public func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Reads if the other end is writable, else once it is.
    public func read(context: ChannelHandlerContext) {
        if other?.isWritable ?? false { context.read() } else { readIsPending = true }
    }

    /// Writes the data to the other end.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other?.write(unwrapInboundIn(data), promise: nil)
    }

    /// Flushes the other end.
    public func channelReadComplete(context: ChannelHandlerContext) {
        other?.flush()
        context.fireChannelReadComplete()
    }

    /// Resumes the other end's reads once this end is writable.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resume() }
        context.fireChannelWritabilityChanged()
    }

    /// Closes the other end's output when this end's input has closed.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { end(.output) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes the other end.
    public func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        end(.all)
        other = nil
        context.fireChannelInactive()
    }

    /// Closes this end.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Closes the other connection once all data has been written to it.
    private func end(_ mode: CloseMode) {
        guard let other else { return }
        other.writeAndFlush(ByteBuffer()).whenComplete { _ in other.close(mode: mode, promise: nil) }
        if mode == .all, let drainTimeout { Self.watch(other, drainTimeout, left: .max) }
    }

    /// Closes a connection that takes nothing of what was written to it.
    private static func watch(_ channel: any Channel, _ drainTimeout: TimeAmount, left: Int) {
        guard channel.isActive else { return }
        let bytes = pending(channel)
        guard bytes < left else { return channel.close(promise: nil) }
        channel.eventLoop.assumeIsolated().scheduleTask(in: drainTimeout) { watch(channel, drainTimeout, left: bytes) }
    }

    private static func pending(_ channel: any Channel) -> Int {
        guard let options = channel.syncOptions else { return 0 }
        do { return try options.getOption(.bufferedWritableBytes) } catch { return 0 }
    }
}
