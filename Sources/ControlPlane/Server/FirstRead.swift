import NIOCore

/// Calls a closure before the first read that reaches it, once.
final class FirstRead: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let call: () -> Void

    init(_ call: @escaping () -> Void) { self.call = call }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        call()
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
