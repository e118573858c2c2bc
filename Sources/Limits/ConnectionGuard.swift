import NIOCore
import NIOHTTP1

/// A connection's handler, after ``RequestTurns`` and before the handlers that serve requests: takes a slot, tracks whether a request is in
/// progress, enforces the time limits, and answers HTTP/1.0 clients in their version.
///
/// It does not authenticate: the handler that serves a request reports the holder to ``Admission``.
public final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    /// The type of inbound data.
    public typealias InboundIn = HTTPServerRequestPart
    /// The type of forwarded inbound data.
    public typealias InboundOut = HTTPServerRequestPart
    /// The type of outbound data.
    public typealias OutboundIn = HTTPServerResponsePart
    /// The type of forwarded outbound data.
    public typealias OutboundOut = HTTPServerResponsePart

    /// The awaited event and its deadline.
    private enum Wait {
        case nothing
        case request(until: NIODeadline)
        case body(since: NIODeadline, until: NIODeadline)
        /// The rest of a request that was answered already.
        case rest(until: NIODeadline)
    }

    private let admission: Admission
    private let listener: Listener
    /// Whether a response can be sent before the first request. Not over TLS: the handshake is not complete.
    private let speaksAtOnce: Bool
    private var hasArrived = false
    private var isLeaving = false
    /// Whether a request became a tunnel, which ends with the connection.
    private var isTunnel = false
    private var hasAsked = false
    /// Requests without a complete response, in order.
    private var asked: [AskedRequest] = []
    /// Whether the answer under way is the last one: its end tells a client of HTTP/1.0 how long it is.
    private var endsWithAnswer = false
    private var requestIsComplete = true
    private var answerHasBegun = false
    private var isReading = false
    private var wait = Wait.nothing
    private var isProved = false
    /// The bytes of bodies that were written.
    private var written = 0
    /// An answer that waits for its client: how much was taken, until when more has to be, and whether the client is authenticated.
    private var stall: (taken: Int, until: NIODeadline, isProved: Bool)?
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?

    init(_ admission: Admission, at listener: Listener) {
        self.admission = admission
        self.listener = listener
        speaksAtOnce = listener != .remote
    }

    // MARK: - The connection

    /// Takes a session's slot for a connection that came in at another listener.
    public func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        // The connection came in at another listener.
        hasArrived = true
        let channel = context.channel
        if case .session(let session) = listener {
            settle(admission.move(channel, to: listener, as: Admission.holder(session: session)), context)
        }
    }

    /// Cancels the timer.
    public func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
    }

    /// Takes a slot for a new connection.
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

    /// Cancels the timer.
    public func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    /// The address for limits; `nil` for loopback addresses, which all local clients share.
    static func peer(_ address: SocketAddress?) -> String? {
        guard let text = address?.ipAddress, text != "::1", !text.hasPrefix("127."), !text.hasPrefix("::ffff:127.") else { return nil }
        return text
    }

    // MARK: - Requests

    /// Tracks the start, the body and the end of a request.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLeaving else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard admission.begin(context.channel) else { return refuse(.serviceUnavailable, .unproved, context) }
            asked.append(AskedRequest(head))
            hasAsked = true
            requestIsComplete = false
            let now = NIODeadline.now()
            wait(.body(since: now, until: now + admission.timeouts.wholeBody), context)
        case .body:
            if case .body(_, let until) = wait { wait = .body(since: .now(), until: until) }
        case .end:
            requestIsComplete = true
            if asked.isEmpty { awaitRequest(isProved: admission.rest(context.channel), context) } else { wait = .nothing }
        }
        context.fireChannelRead(data)
    }

    /// Ends a connection with more requests than are kept.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is RequestTurns.Overflow else { return context.fireUserInboundEventTriggered(event) }
        guard !isLeaving else { return }
        admission.refusals.count(.pipelined, at: listener)
        refuse(.serviceUnavailable, .pipelined, context)
    }

    /// Notes that data is being read.
    public func read(context: ChannelHandlerContext) {
        isReading = true
        context.read()
    }

    /// Notes that a read is complete.
    public func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.fireChannelReadComplete()
    }

    /// Tracks the responses, which end the requests.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isLeaving else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // Other statuses are interim responses.
            if head.status.code >= 200 || head.status == .switchingProtocols { answerHasBegun = true }
            if asked.first?.method == .CONNECT, (200..<300).contains(head.status.code) { isTunnel = true }
            if let request = asked.first, request.isOld { return writeOld(head, request, context, promise) }
        case .body(let bytes): written += bytes.readableBytes
        case .end:
            answered(context)
            if endsWithAnswer { return writeLast(data, context, promise) }
        }
        context.write(data, promise: promise)
    }

    private func writeOld(
        _ head: HTTPResponseHead, _ request: AskedRequest, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        guard let answer = OldAnswer(head, to: request) else {
            promise?.succeed()
            return
        }
        endsWithAnswer = answer.closes
        context.write(wrapOutboundOut(.head(answer.head)), promise: promise)
    }

    /// Closes when the client has the answer, and takes no other request.
    private func writeLast(_ end: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        isLeaving = true
        let channel = context.channel
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.write(end, promise: written)
    }

    private func answered(_ context: ChannelHandlerContext) {
        guard answerHasBegun, !isTunnel else { return }
        answerHasBegun = false
        if !asked.isEmpty { asked.removeFirst() }
        guard asked.isEmpty else { return }
        // A client that keeps sending an unwanted body counts as idle, so that it can be dismissed.
        isProved = admission.rest(context.channel)
        if requestIsComplete {
            awaitRequest(isProved: isProved, context)
        } else {
            wait(.rest(until: .now() + admission.timeouts.rest), context)
        }
    }

    /// Flushes, and notes whether the client takes it.
    public func flush(context: ChannelHandlerContext) {
        context.flush()
        noteOutput(context)
    }

    /// Notes whether the client takes its answer.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        noteOutput(context)
        context.fireChannelWritabilityChanged()
    }

    /// Watches how a client takes its answer. While any waits for an unauthenticated client, that one can be dismissed.
    private func noteOutput(_ context: ChannelHandlerContext) {
        guard !isTunnel, !isLeaving else { return }
        let left = pending(context)
        if left > 0, !isProved { isProved = admission.isProved(context.channel) }
        // An authenticated client has longer, and can't be dismissed.
        if let old = stall, left == 0 || old.isProved != isProved {
            if !old.isProved { admission.resume(context.channel) }
            stall = nil
        }
        guard left > 0 else { return }
        let taken = written - left
        if let stall, taken <= stall.taken { return }
        if stall == nil, !isProved, !asked.isEmpty { admission.stall(context.channel) }
        let timeouts = admission.timeouts
        stall = (taken, .now() + (isProved ? timeouts.takingProved : timeouts.taking), isProved)
        arm(context)
    }

    /// The bytes that the client has not taken.
    private func pending(_ context: ChannelHandlerContext) -> Int {
        guard let options = context.channel.syncOptions else { return 0 }
        do { return try options.getOption(.bufferedWritableBytes) } catch { return 0 }
    }

    // MARK: - Time limits

    private func awaitRequest(isProved: Bool, _ context: ChannelHandlerContext) {
        wait(.request(until: .now() + (isProved ? admission.timeouts.idle : admission.timeouts.head)), context)
    }

    /// The deadline of the current wait.
    private var deadline: NIODeadline? {
        switch wait {
        case .nothing: nil
        case .request(let until), .rest(let until): until
        case .body(let since, let until): min(since + admission.timeouts.body, until)
        }
    }

    private func wait(_ wait: Wait, _ context: ChannelHandlerContext) {
        self.wait = wait
        arm(context)
    }

    /// One timer serves all waits and is replaced only if it would fire too late: a timer per request costs more.
    private func arm(_ context: ChannelHandlerContext) {
        guard let next = earlier(deadline, stall?.until), timer.map({ next < $0.at }) ?? true else { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [self] in
            timer = nil
            look(context)
        }
        timer = (task, next)
    }

    private func earlier(_ one: NIODeadline?, _ other: NIODeadline?) -> NIODeadline? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    private func look(_ context: ChannelHandlerContext) {
        guard !isLeaving, !isTunnel else { return }
        let now = NIODeadline.now()
        if let until = stall?.until, until <= now {
            noteOutput(context)
            if stall?.until == until {
                admission.refusals.count(.unread, at: listener)
                return cut(context)
            }
        }
        // While reading is paused, no bytes can arrive. The handler that paused it has its own time limits.
        if case .body(_, let until) = wait, !isReading, now < until { wait = .body(since: now, until: until) }
        guard let deadline, deadline <= now else { return arm(context) }
        switch wait {
        case .nothing: return
        case .request:
            // The clock of a client that still takes its answer is the one above.
            if let stall { return wait(.request(until: stall.until), context) }
            // A client that was served before may leave its connection open; that counts as no fault.
            if hasAsked { return cut(context) }
            admission.refusals.count(.head, at: listener)
            refuse(.requestTimeout, .head, context)
        case .body, .rest:
            admission.refusals.count(.body, at: listener)
            if answerHasBegun || asked.isEmpty { cut(context) } else { refuse(.requestTimeout, .body, context) }
        }
    }

    // MARK: - The end

    /// Handles a dismissal.
    public func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let dismissal = event as? Admission.Dismissal else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        // A request that arrived meanwhile is not started: its slot is gone.
        refuse(.serviceUnavailable, dismissal.reason, context)
    }

    /// Sends the reason and closes.
    private func refuse(_ status: HTTPResponseStatus, _ reason: LimitReason, _ context: ChannelHandlerContext) {
        guard !isLeaving else { return }
        // Closes without a response where one would be misread: before TLS is set up, within another response, or within the rest of a
        // request that was answered already.
        guard speaksAtOnce || hasAsked, !answerHasBegun, !asked.isEmpty || requestIsComplete else { return cut(context) }
        isLeaving = true
        wait = .nothing
        let body = ByteBuffer(string: reason.sentence + "\n")
        let headers: HTTPHeaders = [
            "content-type": "text/plain; charset=utf-8", "content-length": String(body.readableBytes), "connection": "close",
            "retry-after": "1",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        let old = asked.first.flatMap { $0.isOld ? OldAnswer(head, to: $0)?.head : nil }
        context.write(wrapOutboundOut(.head(old ?? head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
        // A client that does not read the response is cut off.
        timer?.task.cancel()
        let parting = NIODeadline.now() + admission.timeouts.parting
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
