import NIOCore
import NIOHTTP1
import NIOTLS

/// Receives a provider's answer. All calls are made on the connection's event loop.
protocol UpstreamReceiver: AnyObject {
    func upstreamHead(_ head: HTTPResponseHead)
    func upstreamBody(_ bytes: ByteBuffer)
    func upstreamEnd(_ trailers: HTTPHeaders?)
    /// All parts of one read have been delivered.
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
    /// Whether the address that it connects to was checked.
    let isVetted: Bool
    weak var receiver: (any UpstreamReceiver)?
    private var context: ChannelHandlerContext?
    /// Whether the connection stays open after the current answer.
    private(set) var keepsAlive = true
    private(set) var isOpen = true
    /// The time at which it last became idle.
    var idleSince = NIODeadline.now()
    /// Called when an idle connection ends.
    var onIdleEnd: ((UpstreamHandler) -> Void)?
    /// Succeeds when requests may be sent: when connected, with TLS after the certificate was verified. Fails when the connection ends.
    let ready: EventLoopFuture<Void>
    private let readiness: EventLoopPromise<Void>
    private var readPause = ReadPause()

    // State of the current request
    /// Whether another request was sent on this connection before.
    private(set) var isReused = false
    private let watch: EndWatch
    /// The number of bytes that the provider's kernel had acknowledged before the request.
    private var acknowledged: UInt64?
    /// Whether the kernel has taken all of it.
    private var isSent = false
    private var hasAnswer = false
    private var isMalformed = false

    init(address: UpstreamAddress, isVetted: Bool, watch: EndWatch, eventLoop: any EventLoop) {
        self.watch = watch
        self.address = address
        self.isVetted = isVetted
        readiness = eventLoop.makePromise()
        ready = readiness.futureResult
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // A connection that was never established sends no other event.
        readiness.fail(ChannelError.eof)
    }

    // MARK: - Calls from the exchange

    /// The connection; `nil` when it has ended.
    var channel: (any Channel)? { context?.channel }
    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Prepares the connection for another request.
    ///
    /// - Returns: whether the provider has left it open, as far as the kernel knows.
    func reuse() -> Bool {
        guard isOpen, let channel else { return false }
        (isReused, isSent, hasAnswer, isMalformed) = (true, false, false, false)
        let state = TCPState(channel)
        acknowledged = state?.acknowledged
        return state?.isEstablished ?? true
    }

    /// For an ended, reused connection: whether the provider certainly did not receive the whole request. Either the kernel had not taken
    /// all of it, or the provider's kernel acknowledged none of it.
    var isUnread: Bool {
        guard isUnanswered else { return false }
        if !isSent { return true }
        guard let acknowledged, acknowledged > 0, let last = watch.last else { return false }
        return last.acknowledged == acknowledged
    }

    /// For an ended, reused connection: whether it was reset before any byte of the answer. A system sends a reset when it closes a
    /// connection with unread data (RFC 1122, section 4.2.2.13). A provider that crashes after reading all of it closes the connection in
    /// order.
    var wasReset: Bool { isUnanswered && watch.wasReset }

    /// For an ended, reused connection: whether no byte of an answer to this request arrived.
    var isUnanswered: Bool { isReused && !isOpen && !hasAnswer && !isMalformed }

    /// - Parameter sent: called when the kernel has taken the part or the write failed; not called for `.end` on a reused connection.
    func send(_ part: HTTPClientRequestPart, sent: (() -> Void)? = nil) {
        guard let context else {
            sent?()
            return
        }
        if isReused, case .end = part {
            context.write(wrapOutboundOut(part)).assumeIsolated().whenSuccess { self.isSent = true }
            return
        }
        guard let sent else { return context.write(wrapOutboundOut(part), promise: nil) }
        context.write(wrapOutboundOut(part)).assumeIsolated().whenComplete { _ in sent() }
    }

    func flush() { context?.flush() }

    /// Pauses or resumes reading from the provider.
    func pause(_ isPaused: Bool) {
        if readPause.set(isPaused) { context?.read() }
    }

    func close() {
        receiver = nil
        isOpen = false
        context?.close(promise: nil)
    }

    // MARK: - Channel events

    func read(context: ChannelHandlerContext) {
        if readPause.read() { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let receiver else {
            // An unsolicited answer must not be mistaken for the answer to the next request.
            close()
            return
        }
        hasAnswer = true
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
        if error is HTTPParserError { isMalformed = true }
        // After a parse error or a broken connection, no further data can be trusted.
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
    /// Whether it is an interim answer. 101 is not one, because it would end HTTP.
    var isInformationalAnswer: Bool { (100..<200).contains(status.code) && status.code != 101 }
}
