import NIOCore
import NIOHTTP1

/// Stands on a connection right behind HTTP's decoder and before who puts requests in order: has a place for it, says when a request is under way, and ends what waits for too long.
///
/// It checks no identity: the handler that serves a request reports it to ``Admission``.
public final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    public typealias InboundIn = HTTPServerRequestPart
    public typealias InboundOut = HTTPServerRequestPart
    public typealias OutboundIn = HTTPServerResponsePart
    public typealias OutboundOut = HTTPServerResponsePart

    /// What is waited for, and until when.
    private enum Wait {
        case nothing
        case request(until: NIODeadline)
        case body(since: NIODeadline, until: NIODeadline)
        /// The rest of a request that has its answer.
        case rest(until: NIODeadline)
    }

    private let admission: Admission
    private let listener: Listener
    /// Whether a sentence can be sent before the first request: over TLS it can't, for what it would be sealed with is not there yet.
    private let speaksAtOnce: Bool
    private var hasArrived = false
    private var isLeaving = false
    /// A request that became a tunnel is over when its connection is.
    private var isTunnel = false
    private var hasAsked = false
    /// Requests that have no whole answer yet, in order: a client may send the next one before it has this one's.
    private var asked: [HTTPMethod] = []
    private var requestIsComplete = true
    private var answerHasBegun = false
    private var isReading = false
    private var wait = Wait.nothing
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?

    /// Makes a guard.
    public init(_ admission: Admission, at listener: Listener) {
        self.admission = admission
        self.listener = listener
        speaksAtOnce = listener != .remote
    }

    // MARK: - The connection

    public func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        // It came in elsewhere.
        hasArrived = true
        let channel = context.channel
        if case .session(let session) = listener {
            settle(admission.move(channel, to: listener, as: Admission.holder(session: session)), context)
        }
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
    }

    public func channelActive(context: ChannelHandlerContext) {
        if !hasArrived {
            hasArrived = true
            let channel = context.channel
            channel.closeFuture.whenComplete { [admission] _ in admission.leave(channel) }
            settle(admission.arrive(channel, at: listener, from: Self.peer(channel.remoteAddress)), context)
        }
        context.fireChannelActive()
    }

    private func settle(_ refused: LimitReason?, _ context: ChannelHandlerContext) {
        if let refused { return refuse(.serviceUnavailable, refused, context) }
        awaitRequest(isProved: false, context)
    }

    public func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    /// The address that counts: this machine's own is everybody's on it, and tells nobody from another.
    static func peer(_ address: SocketAddress?) -> String? {
        guard let text = address?.ipAddress, text != "::1", !text.hasPrefix("127."), !text.hasPrefix("::ffff:127.") else { return nil }
        return text
    }

    // MARK: - Requests

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLeaving else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard admission.begin(context.channel) else { return refuse(.serviceUnavailable, .unproved, context) }
            asked.append(head.method)
            hasAsked = true
            requestIsComplete = false
            let now = NIODeadline.now()
            wait(.body(since: now, until: now + admission.patience.wholeBody), context)
        case .body:
            if case .body(_, let until) = wait { wait = .body(since: .now(), until: until) }
        case .end:
            requestIsComplete = true
            if asked.isEmpty { awaitRequest(isProved: admission.rest(context.channel), context) } else { wait = .nothing }
        }
        context.fireChannelRead(data)
    }

    public func read(context: ChannelHandlerContext) {
        isReading = true
        context.read()
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.fireChannelReadComplete()
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isLeaving else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // Others announce an answer, or the next part of the request.
            if head.status.code >= 200 || head.status == .switchingProtocols { answerHasBegun = true }
            if asked.first == .CONNECT, (200..<300).contains(head.status.code) { isTunnel = true }
        case .body: break
        case .end: answered(context)
        }
        context.write(data, promise: promise)
    }

    private func answered(_ context: ChannelHandlerContext) {
        guard answerHasBegun, !isTunnel else { return }
        answerHasBegun = false
        if !asked.isEmpty { asked.removeFirst() }
        guard asked.isEmpty else { return }
        // A client that keeps sending what is no longer wanted makes room like a silent one.
        let isProved = admission.rest(context.channel)
        if requestIsComplete {
            awaitRequest(isProved: isProved, context)
        } else {
            wait(.rest(until: .now() + admission.patience.rest), context)
        }
    }

    // MARK: - Time

    private func awaitRequest(isProved: Bool, _ context: ChannelHandlerContext) {
        wait(.request(until: .now() + (isProved ? admission.patience.idle : admission.patience.head)), context)
    }

    /// When it has been too long.
    private var deadline: NIODeadline? {
        switch wait {
        case .nothing: nil
        case .request(let until), .rest(let until): until
        case .body(let since, let until): min(since + admission.patience.body, until)
        }
    }

    /// Waits for something. One timer serves all, and is only set anew when it would come too late: a timer a request costs more.
    private func wait(_ wait: Wait, _ context: ChannelHandlerContext) {
        self.wait = wait
        guard let deadline, timer.map({ deadline < $0.at }) ?? true else { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            timer = nil
            look(context)
        }
        timer = (task, deadline)
    }

    private func look(_ context: ChannelHandlerContext) {
        guard !isLeaving, !isTunnel, let deadline else { return }
        let now = NIODeadline.now()
        // Nothing comes where nothing is read: that is somebody's here, who has clocks of their own.
        if case .body(_, let until) = wait, !isReading, now < until { wait = .body(since: now, until: until) }
        guard self.deadline ?? deadline <= now else { return wait(wait, context) }
        switch wait {
        case .nothing: return
        case .request:
            // A client that was served closes late, and has done nothing wrong.
            if hasAsked { return cut(context) }
            admission.refusals.count(.head, at: listener)
            refuse(.requestTimeout, .head, context)
        case .body, .rest:
            admission.refusals.count(.body, at: listener)
            if answerHasBegun || asked.isEmpty { cut(context) } else { refuse(.requestTimeout, .body, context) }
        }
    }

    // MARK: - The end

    public func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let dismissal = event as? Admission.Dismissal else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        // A request that came meanwhile is not begun: its place was gone.
        refuse(.serviceUnavailable, dismissal.reason, context)
    }

    /// Says why, and closes.
    private func refuse(_ status: HTTPResponseStatus, _ reason: LimitReason, _ context: ChannelHandlerContext) {
        guard !isLeaving else { return }
        // Where it would be taken for something else, nothing is said: before TLS stands, or in the rest of a request that has its answer.
        guard speaksAtOnce || hasAsked, !asked.isEmpty || requestIsComplete else { return cut(context) }
        isLeaving = true
        wait = .nothing
        let body = ByteBuffer(string: reason.sentence + "\n")
        let headers: HTTPHeaders = [
            "content-type": "text/plain; charset=utf-8", "content-length": String(body.readableBytes), "connection": "close",
            "retry-after": "1",
        ]
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
        // Who takes nothing does not stay for that.
        timer?.task.cancel()
        let parting = NIODeadline.now() + admission.patience.parting
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: parting) { [self] in cut(context) }
        timer = (task, parting)
    }

    private func cut(_ context: ChannelHandlerContext) {
        isLeaving = true
        wait = .nothing
        context.triggerUserOutboundEvent(Cutter.Cut(), promise: nil)
        context.close(promise: nil)
    }
}

/// Stands before everything on a connection with TLS, and closes it at once where its end would be spoken of with the other side.
public final class Cutter: ChannelOutboundHandler {
    public typealias OutboundIn = Never
    public typealias OutboundOut = Never

    struct Cut: Sendable {}

    /// Makes one.
    public init() {}

    public func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Cut else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        context.close(promise: nil)
    }
}
