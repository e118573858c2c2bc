import Foundation
import NIOCore

/// Records the kernel's TCP state when a connection to a provider ends, because it cannot be queried afterwards.
///
/// Use only on its event loop.
final class EndWatch: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The TCP state at the end; `nil` before, and where the kernel does not provide it.
    private(set) var last: TCPState?
    /// Whether the peer reset the connection instead of closing it.
    private(set) var wasReset = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        // `allowRemoteHalfClosure` would leave it half open. Close it, so that the next handlers behave as without the option.
        note(context)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note(context)
        if let error = error as? IOError, error.errnoCode == ECONNRESET { wasReset = true }
        context.fireErrorCaught(error)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        note(context)
        context.close(mode: mode, promise: promise)
    }

    private func note(_ context: ChannelHandlerContext) {
        if last == nil { last = TCPState(context.channel) }
    }
}
