import NIOCore

/// Stands on a listener: counts what was accepted until it is closed, and accepts no more than there are descriptors for. Others wait in
/// the kernel's queue, which takes as long as it takes to refuse somebody.
public final class AcceptGate: ChannelDuplexHandler {
    public typealias InboundIn = any Channel
    public typealias InboundOut = any Channel
    public typealias OutboundIn = Never
    public typealias OutboundOut = Never

    private let admission: Admission
    private var isWaiting = false

    /// Makes a gate.
    public init(_ admission: Admission) { self.admission = admission }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        admission.accepted()
        unwrapInboundIn(data).closeFuture.whenComplete { [admission] _ in admission.closed() }
        context.fireChannelRead(data)
    }

    public func read(context: ChannelHandlerContext) {
        guard !isWaiting else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let goes = admission.mayAccept {
            eventLoop.execute {
                let (gate, context) = bound.value
                gate.isWaiting = false
                if context.channel.isActive { context.channel.read() }
            }
        }
        if goes { context.read() } else { isWaiting = true }
    }
}
