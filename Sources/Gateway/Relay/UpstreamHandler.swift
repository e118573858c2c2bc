import NIOCore
import NIOHTTP1
import NIOTLS

/// Who gets what a provider answers. All of it happens on the connection's event loop.
protocol UpstreamReceiver: AnyObject {
    func upstreamHead(_ head: HTTPResponseHead)
    func upstreamBody(_ bytes: ByteBuffer)
    func upstreamEnd(_ trailers: HTTPHeaders?)
    /// What came in one read is all there.
    func upstreamReadComplete()
    func upstreamClosed()
    func upstreamWritable(_ isWritable: Bool)
}

/// One connection to a provider, serving one request at a time.
final class UpstreamHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    let address: UpstreamAddress
    /// Whether it was made to an address that was looked at.
    let isVetted: Bool
    weak var receiver: (any UpstreamReceiver)?
    private var context: ChannelHandlerContext?
    /// Whether the answer under way leaves the connection open.
    private(set) var keepsAlive = true
    private(set) var isOpen = true
    /// When it was last given back.
    var idleSince = NIODeadline.now()
    /// Called when a connection that serves nobody ends.
    var onIdleEnd: ((UpstreamHandler) -> Void)?
    /// Succeeds when requests may be sent: at once, or when the provider has shown a certificate that holds.
    let ready: EventLoopFuture<Void>
    private let readiness: EventLoopPromise<Void>
    private var isPaused = false
    private var readIsPending = false

    init(address: UpstreamAddress, isVetted: Bool, eventLoop: any EventLoop) {
        self.address = address
        self.isVetted = isVetted
        readiness = eventLoop.makePromise()
        ready = readiness.futureResult
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // Of a connection that never came to be nobody else tells.
        readiness.fail(ChannelError.eof)
    }

    // MARK: - What the exchange does

    /// The connection; `nil` when it has ended.
    var channel: (any Channel)? { context?.channel }
    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// - Parameter sent: called when the provider's side has taken it, or never will.
    func send(_ part: HTTPClientRequestPart, sent: (() -> Void)? = nil) {
        guard let context else {
            sent?()
            return
        }
        guard let sent else { return context.write(wrapOutboundOut(part), promise: nil) }
        context.write(wrapOutboundOut(part)).assumeIsolated().whenComplete { _ in sent() }
    }

    func flush() { context?.flush() }

    /// Stops reading, so that the provider is slowed down, or goes on.
    func pause(_ isPaused: Bool) {
        self.isPaused = isPaused
        guard !isPaused, readIsPending else { return }
        readIsPending = false
        context?.read()
    }

    func close() {
        receiver = nil
        isOpen = false
        context?.close(promise: nil)
    }

    // MARK: - What the channel does

    func read(context: ChannelHandlerContext) {
        if isPaused { readIsPending = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let receiver else {
            // An answer that nobody asked for: whatever it belongs to, it must not be taken for the next one's.
            close()
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            if !head.isInformationalAnswer { keepsAlive = head.isKeepAlive }
            receiver.upstreamHead(head)
        case .body(let bytes): receiver.upstreamBody(bytes)
        case .end(let trailers): receiver.upstreamEnd(trailers)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        receiver?.upstreamReadComplete()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        receiver?.upstreamWritable(context.channel.isWritable)
    }

    func channelActive(context: ChannelHandlerContext) {
        if !address.isTLS { readiness.succeed() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { readiness.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        readiness.fail(ChannelError.eof)
        end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        readiness.fail(error)
        // What can't be parsed, or a connection that broke: nothing after it can be trusted.
        context.close(promise: nil)
        end()
    }

    private func end() {
        guard isOpen else { return }
        isOpen = false
        if let receiver {
            self.receiver = nil
            receiver.upstreamClosed()
        } else {
            onIdleEnd?(self)
        }
    }
}

extension HTTPResponseHead {
    /// Whether it only announces the answer. 101 is none of these: it would end HTTP.
    var isInformationalAnswer: Bool { (100..<200).contains(status.code) && status.code != 101 }
}
