import Foundation
import Limits
import NIOCore
import NIOHTTP1

/// The client's end of the relay: takes requests for providers off a connection, one after another, and leaves the others to
/// whoever stands behind.
///
/// NIO's `HTTPServerPipelineHandler` stands before it, so that the next request comes when the answer to this one is complete.
final class RelayHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Current {
        case nothing
        case exchange(Exchange)
        /// The request is somebody else's, behind this handler.
        case passing
        /// The answer is given; what is still to come of the request is dropped.
        case ignoring
    }

    private let line: RelayLine
    private let entrance: Entrance
    private var current = Current.nothing
    private var context: ChannelHandlerContext?
    private var expectsContinue = false
    private(set) var requestIsComplete = false
    /// Whether what came in one read is still being handed over.
    private(set) var isReading = false
    private var isPaused = false
    private var readIsPending = false
    private var isClosing = false

    init(line: RelayLine, entrance: Entrance) {
        self.line = line
        self.entrance = entrance
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        isReading = true
        let part = unwrapInboundIn(data)
        if case .head(let head) = part, case .nothing = current {
            requestIsComplete = false
            begin(head, context)
        }
        switch current {
        case .passing:
            if case .end = part { current = .nothing }
            context.fireChannelRead(data)
        case .ignoring:
            if case .end = part { current = .nothing }
        case .exchange(let exchange):
            switch part {
            case .head: break
            case .body(let bytes): exchange.clientBody(bytes)
            case .end(let trailers):
                requestIsComplete = true
                exchange.clientEnd(trailers)
            }
        case .nothing: break
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if entrance != .network, head.uri == "/healthz" { return answer(.ok, "ok\n", head) }
        if case .session = entrance, ToolHandler.serves(head.uri) {
            current = .passing
            return
        }
        guard head.uri.hasPrefix(entrance.prefix + "/") else {
            if entrance == .network { current = .passing } else { answer(.notFound, "Nothing is here.\n", head) }
            return
        }
        guard let route = ProviderRoute(head.uri.dropFirst(entrance.prefix.utf8.count)) else {
            return answer(
                .notFound,
                "No provider is here. There are /anthropic, /openai, /openai-chatgpt, /google, /mistral, /rehearsal and /custom/ID.\n", head
            )
        }
        expectsContinue = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        let exchange = Exchange(head, route, entrance: entrance, client: self, line: line)
        current = .exchange(exchange)
        exchange.start()
    }

    /// Answers without a provider.
    private func answer(_ status: HTTPResponseStatus, _ text: String, _ head: HTTPRequestHead) {
        current = .ignoring
        let body = ByteBuffer(string: text)
        send(
            .head(
                HTTPResponseHead(
                    version: .http1_1, status: status,
                    headers: ["content-type": "text/plain; charset=utf-8", "content-length": String(body.readableBytes)])))
        if head.method != .HEAD { send(.body(.byteBuffer(body))) }
        sendEnd(nil, closes: !head.isKeepAlive)
    }

    // MARK: - What the exchange does

    func send(_ part: HTTPServerResponsePart) {
        guard let context else { return }
        context.write(wrapOutboundOut(part), promise: nil)
    }

    func flush() { context?.flush() }

    /// An announcement goes out at once: the client may be waiting for it.
    func sendNow(_ head: HTTPResponseHead) {
        expectsContinue = false
        send(.head(HTTPResponseHead(version: .http1_1, status: head.status, headers: head.headers)))
        flush()
    }

    /// The client waits to be told that its body is wanted, and it is.
    func answerExpectation() {
        guard expectsContinue else { return }
        sendNow(HTTPResponseHead(version: .http1_1, status: .continue))
    }

    /// The answer is complete.
    func finishAnswer(_ trailers: HTTPHeaders?, closes: Bool) {
        // Before the end is written: that may bring the next request.
        if requestIsComplete { current = .nothing }
        isClosing = isClosing || closes && requestIsComplete
        pause(false)
        sendEnd(trailers, closes: isClosing)
    }

    /// Sends the end, and closes when the client has it: a connection that is closed earlier loses what is on its way.
    private func sendEnd(_ trailers: HTTPHeaders?, closes: Bool) {
        guard let context else { return }
        guard closes else {
            send(.end(trailers))
            return flush()
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(trailers))).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Whose connection this is was proved.
    ///
    /// - Returns: whether they may have it.
    func prove(_ holder: String) -> Bool {
        guard let context else { return true }
        return line.services.admission.prove(context.channel, as: holder, at: entrance.listener)
    }

    /// Breaks the connection off, so that the client sees that something is missing.
    func cut() {
        isClosing = true
        current = .nothing
        close()
    }

    private func close() { context?.close(promise: nil) }

    /// Stops reading, so that the client is slowed down, or goes on.
    func pause(_ isPaused: Bool) {
        self.isPaused = isPaused
        guard !isPaused, readIsPending else { return }
        readIsPending = false
        context?.read()
    }

    // MARK: - What the channel does

    func read(context: ChannelHandlerContext) {
        if isPaused { readIsPending = true } else { context.read() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if case .exchange(let exchange) = current { exchange.clientReadComplete() }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .exchange(let exchange) = current { exchange.clientWritable(context.channel.isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        clientLeft()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has closed its half waits for nothing: no client of a model's does that, and many just vanish.
        if case ChannelEvent.inputClosed = event {
            switch current {
            case .exchange:
                clientLeft()
                close()
            // Nothing more can come.
            case .nothing where entrance != .network: close()
            case .nothing, .passing, .ignoring: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .exchange = current {
            clientLeft()
            close()
        } else if error is HTTPParserError, entrance != .network {
            // It was answered with 400, and what follows can't be told apart. Closed at once, the answer could be lost on its way.
            isClosing = true
            context.close(mode: .output, promise: nil)
        }
        context.fireErrorCaught(error)
    }

    private func clientLeft() {
        guard case .exchange(let exchange) = current else { return }
        current = .nothing
        isClosing = true
        exchange.clientClosed()
    }
}
