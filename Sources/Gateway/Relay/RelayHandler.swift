import Foundation
import Limits
import NIOCore
import NIOHTTP1

/// The client's side of the relay: takes the requests for providers from a connection, one after another, and passes all others to the
/// next handler.
///
/// NIO's `HTTPServerPipelineHandler` comes before it, so that the next request arrives when this answer is complete.
final class RelayHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Current {
        case nothing
        case exchange(Exchange)
        /// The request is for the next handler.
        case passing
        /// The answer has been sent; the rest of the request is dropped.
        case ignoring
    }

    private let relay: EventLoopRelay
    private let entrance: Entrance
    private let passesOthers: Bool
    private var current = Current.nothing
    private var context: ChannelHandlerContext?
    private var expectsContinue = false
    private(set) var requestIsComplete = false
    /// Whether the parts of one read are still being delivered.
    private(set) var isReading = false
    private var readPause = ReadPause()
    private var isClosing = false

    /// - Parameter passesOthers: whether requests for other paths are passed to the next handler. At ``Entrance/network`` they always are.
    init(relay: EventLoopRelay, entrance: Entrance, passesOthers: Bool = false) {
        self.relay = relay
        self.entrance = entrance
        self.passesOthers = passesOthers || entrance == .network
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
            if passesOthers { current = .passing } else { answer(.notFound, "Nothing is here.\n", head) }
            return
        }
        guard let route = ProviderRoute(head.uri.dropFirst(entrance.prefix.utf8.count)) else {
            return answer(
                .notFound,
                "No provider is here. There are /anthropic, /openai, /openai-chatgpt, /google, /mistral, /rehearsal and /custom/ID.\n", head
            )
        }
        expectsContinue = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        let exchange = Exchange(head, route, entrance: entrance, client: self, relay: relay)
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

    // MARK: - Calls from the exchange

    func send(_ part: HTTPServerResponsePart) {
        guard let context else { return }
        context.write(wrapOutboundOut(part), promise: nil)
    }

    func flush() { context?.flush() }

    /// Sends an informational answer at once, because the client may be waiting for it.
    func sendNow(_ head: HTTPResponseHead) {
        expectsContinue = false
        send(.head(HTTPResponseHead(version: .http1_1, status: head.status, headers: head.headers)))
        flush()
    }

    /// Sends `100 Continue` if the client expects it.
    func answerExpectation() {
        guard expectsContinue else { return }
        sendNow(HTTPResponseHead(version: .http1_1, status: .continue))
    }

    /// Ends the answer.
    func finishAnswer(_ trailers: HTTPHeaders?, closes: Bool) {
        // Set before the end is written, which may trigger the next request.
        if requestIsComplete { current = .nothing }
        isClosing = isClosing || closes && requestIsComplete
        pause(false)
        sendEnd(trailers, closes: isClosing)
    }

    /// Sends the end, and closes when the client has received it: closing earlier loses data in flight.
    private func sendEnd(_ trailers: HTTPHeaders?, closes: Bool) {
        guard let context else { return }
        guard closes else {
            send(.end(trailers))
            return flush()
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(trailers))).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Assigns the connection to an authenticated holder.
    ///
    /// - Returns: whether the holder may have another connection.
    func prove(_ holder: String) -> Bool {
        guard let context else { return true }
        return relay.services.admission.prove(context.channel, as: holder, at: entrance.listener)
    }

    /// Closes the connection in mid-answer, so that the client notices that the answer is incomplete.
    func cut() {
        isClosing = true
        current = .nothing
        close()
    }

    private func close() { context?.close(promise: nil) }

    /// Pauses or resumes reading from the client.
    func pause(_ isPaused: Bool) {
        if readPause.set(isPaused) { context?.read() }
    }

    // MARK: - Channel events

    func read(context: ChannelHandlerContext) {
        if readPause.read() { context.read() }
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
        // A half-closed client counts as gone: no model client half-closes, and many just disconnect.
        if case ChannelEvent.inputClosed = event {
            switch current {
            case .exchange:
                clientLeft()
                close()
            // No further request can arrive.
            case .nothing where !passesOthers: close()
            case .nothing, .passing, .ignoring: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .exchange = current {
            clientLeft()
            close()
        } else if error is HTTPParserError, !passesOthers {
            // Answered with 400; the following bytes cannot be parsed. Closing at once could lose the answer in flight.
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
