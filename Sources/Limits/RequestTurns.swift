import NIOCore
import NIOHTTP1

/// A connection's handler, directly after the HTTP decoder: passes a request on when the one before it is answered.
///
/// NIO's `HTTPServerPipelineHandler` does not slow such a client down: it passes the next request on when an answer is written, whether or
/// not the client reads answers. A client that sends many requests at once is served one in each turn of the event loop, and as fast as it
/// reads the answers.
public final class RequestTurns: ChannelDuplexHandler, RemovableChannelHandler {
    /// The type of inbound data.
    public typealias InboundIn = HTTPServerRequestPart
    /// The type of forwarded inbound data.
    public typealias InboundOut = HTTPServerRequestPart
    /// The type of outbound data.
    public typealias OutboundIn = HTTPServerResponsePart
    /// The type of forwarded outbound data.
    public typealias OutboundOut = HTTPServerResponsePart

    /// More requests came than are kept. Those before are answered.
    struct Overflow: Sendable {}

    private let admission: Admission
    private var waiting = WaitingRequests()
    private var isProved = false
    private var requestIsComplete = true
    private var isAnswered = true
    private var answerHasBegun = false
    /// Answers to an unauthenticated client that it has not taken.
    private var unsent = 0
    /// Whether a request was passed on since the last read was complete.
    private var hasPassed = false
    private var isScheduled = false
    private var readIsPending = false

    init(_ admission: Admission) { self.admission = admission }

    // MARK: - Requests

    /// Passes a part on, unless it belongs to a request that has to wait.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard waiting.isEmpty, !waiting.isFull, !hasToWait(part, context) else { return keep(.part(part), context) }
        if case .head = part { hasPassed = true }
        note(part)
        context.fireChannelRead(data)
    }

    private func hasToWait(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) -> Bool {
        guard case .head = part else { return false }
        return hasPassed || !mayBegin(context)
    }

    private func mayBegin(_ context: ChannelHandlerContext) -> Bool {
        isAnswered && requestIsComplete && unsent == 0 && context.channel.isWritable
    }

    private func pass(_ event: WaitingRequests.Event, _ context: ChannelHandlerContext) {
        switch event {
        case .part(let part):
            note(part)
            context.fireChannelRead(wrapInboundOut(part))
        case .error(let error): context.fireErrorCaught(error)
        case .inputClosed: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    private func note(_ part: HTTPServerRequestPart) {
        switch part {
        case .head: (isAnswered, requestIsComplete) = (false, false)
        case .body: break
        case .end: requestIsComplete = true
        }
    }

    /// Reads, unless requests wait or the client does not take its answer.
    public func read(context: ChannelHandlerContext) {
        guard waiting.isEmpty, !waiting.isFull, context.channel.isWritable || !requestIsComplete else { return readIsPending = true }
        context.read()
    }

    /// Notes that a read is complete.
    public func channelReadComplete(context: ChannelHandlerContext) {
        hasPassed = false
        context.fireChannelReadComplete()
    }

    /// Keeps an error of the decoder in its place among the requests.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !waiting.isEmpty || waiting.isFull else { return context.fireErrorCaught(error) }
        keep(.error(error), context)
    }

    /// Keeps the end of the input in its place among the requests.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed, !waiting.isEmpty else { return context.fireUserInboundEventTriggered(event) }
        keep(.inputClosed, context)
    }

    // MARK: - Requests that wait

    private func keep(_ event: WaitingRequests.Event, _ context: ChannelHandlerContext) {
        guard !waiting.isFull else { return }
        waiting.append(event, limit: knowsProved(context) ? WaitingRequests.limit : WaitingRequests.limitOfUnproved)
        advanceSoon(context)
    }

    /// Passes the next request on in the next turn of the event loop, if its turn has come.
    private func advanceSoon(_ context: ChannelHandlerContext) {
        guard !isScheduled, !waiting.isEmpty || waiting.isFull || readIsPending, mayBegin(context) else { return }
        isScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isScheduled = false
            if mayBegin(context) { advance(context) }
        }
    }

    private func advance(_ context: ChannelHandlerContext) {
        if waiting.isEmpty, waiting.isFull { return context.fireUserInboundEventTriggered(Overflow()) }
        let events = waiting.next()
        for event in events { pass(event, context) }
        if !events.isEmpty { context.fireChannelReadComplete() }
        advanceSoon(context)
        resumeReading(context)
    }

    /// Passes on what waits.
    public func handlerRemoved(context: ChannelHandlerContext) {
        let wasToRead = readIsPending
        var rest = forget()
        while !rest.isEmpty { for event in rest.next() { pass(event, context) } }
        if wasToRead { context.read() }
    }

    /// Drops what waits.
    public func channelInactive(context: ChannelHandlerContext) {
        _ = forget()
        context.fireChannelInactive()
    }

    private func forget() -> WaitingRequests {
        defer { (waiting, readIsPending) = (WaitingRequests(), false) }
        return waiting
    }

    // MARK: - Answers

    /// Notes the end of an answer.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var promise = promise
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // Other statuses are interim responses.
            if head.status.code >= 200 || head.status == .switchingProtocols { answerHasBegun = true }
        case .body: break
        case .end where answerHasBegun:
            answerHasBegun = false
            isAnswered = true
            promise = watch(promise, context)
            // In the next turn: the end is not written yet.
            advanceSoon(context)
        case .end: break
        }
        context.write(data, promise: promise)
    }

    /// An unauthenticated client has to take an answer before it gets the next one.
    private func watch(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) -> EventLoopPromise<Void>? {
        guard !knowsProved(context) else { return promise }
        unsent += 1
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in
            unsent -= 1
            advanceSoon(context)
        }
        return promise
    }

    private func knowsProved(_ context: ChannelHandlerContext) -> Bool {
        if !isProved { isProved = admission.isProved(context.channel) }
        return isProved
    }

    /// Goes on when the client takes its answer.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        advanceSoon(context)
        resumeReading(context)
        context.fireChannelWritabilityChanged()
    }

    /// Reads again when only the answer was in the way.
    private func resumeReading(_ context: ChannelHandlerContext) {
        guard readIsPending, context.channel.isWritable, waiting.isEmpty, !waiting.isFull else { return }
        readIsPending = false
        context.read()
    }
}

extension Admission {
    /// The handlers of a connection that stand directly after the HTTP decoder: each request in its turn, and a slot for the connection.
    public func handlers(at listener: Listener) -> [any ChannelHandler & RemovableChannelHandler] {
        [RequestTurns(self), ConnectionGuard(self, at: listener)]
    }
}
