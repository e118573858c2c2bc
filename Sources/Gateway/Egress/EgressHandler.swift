import Credentials
import Limits
import NIOCore
import NIOHTTP1
import NIOPosix
import Tunnels

/// The egress proxy: takes over a connection whose first request is for an outside host, as `CONNECT` or plain HTTP, and forwards or
/// refuses it. All other requests are passed to the next handler.
///
/// Names are resolved here, outside the sandbox. Addresses of this machine and private networks are refused unless `egress.privateHosts`
/// allows the host. Each connection serves one request, so that every request is checked.
final class EgressHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case watching
        /// The rules are being looked up or the connection made. Parts that arrived with the head are kept; reading is paused.
        case judging([HTTPServerRequestPart])
        /// A plain HTTP request and its answer are being relayed.
        case relaying(PlainEgress)
        /// The request is complete or refused: further input is dropped.
        case done
    }

    private let session: SessionReference
    private let gate: EgressGate
    private let relay: EventLoopRelay
    private var state = State.watching
    private var readPause = ReadPause()

    private static let connectTimeout = TimeAmount.seconds(10)

    init(session: SessionReference, gate: EgressGate, relay: EventLoopRelay) {
        self.session = session
        self.gate = gate
        self.relay = relay
    }

    private var holder: String { Admission.holder(session: session.rawValue) }
    private var listener: Listener { .session(session.rawValue) }

    /// Releases the place of an outgoing connection when it closes, or at once for `nil`. Closes the connection with its session.
    private func givePlace(with server: (any Channel)?) {
        let (admission, holder) = (relay.services.admission, holder)
        guard let server else { return admission.giveOutgoing(for: holder) }
        relay.services.outlets.add(server, of: session)
        server.closeFuture.whenComplete { _ in admission.giveOutgoing(for: holder) }
    }

    // MARK: - Channel events

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch state {
        case .watching:
            guard case .head(let head) = part, head.method == .CONNECT || !head.uri.hasPrefix("/") && head.uri != "*" else {
                return context.fireChannelRead(data)
            }
            state = .judging([])
            pause(true, context)
            judge(head, context)
        case .judging(let kept): state = .judging(kept + [part])
        case .relaying(let exchange): exchange.clientSent(part)
        case .done: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if readPause.read() { context.read() }
    }

    private func pause(_ isPaused: Bool, _ context: ChannelHandlerContext) {
        if readPause.set(isPaused) { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .relaying(let exchange) = state { exchange.clientWritable(context.channel.isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that half-closes after its request waits for the answer.
        if case ChannelEvent.inputClosed = event {
            switch state {
            case .judging, .relaying, .done: return
            case .watching: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .relaying(let exchange) = state { exchange.clientLeft() }
        state = .done
        context.fireChannelInactive()
    }

    // MARK: - Judging

    private func judge(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let target = head.method == .CONNECT ? EgressTarget(authority: head.uri) : EgressTarget(absolute: head.uri)
        guard let target else {
            return tell(
                "The agent asked for an invalid address: only http with a host, and CONNECT with a host and a port, are forwarded.",
                hint: "sam settings explain egress.hosts", nil, .badRequest, context)
        }
        relay.afterwards { [gate, session] in
            await gate.rules(session)
        } then: { [self] rules in
            guard rules.allows(target) else {
                return tell(
                    "The agent wanted to reach \(target.authority), which is not on the list of hosts.",
                    hint: "sam settings explain egress.hosts", target, .forbidden, context)
            }
            guard context.channel.isActive else { return }
            // The socket identifies the session.
            let admission = relay.services.admission
            guard admission.prove(context.channel, as: holder, at: listener) else {
                return answer(LimitReason.holder.sentence, .tooManyRequests, ["retry-after": "1"], context)
            }
            if let reason = admission.takeOutgoing(for: holder, at: listener) {
                return answer(reason.sentence, .tooManyRequests, ["retry-after": "1"], context)
            }
            let allowsPrivate = rules.allowsPrivate(target)
            if let path = target.path {
                forward(head, path, target, allowsPrivate, context)
            } else {
                tunnel(target, allowsPrivate, context)
            }
        }
    }

    private func failed(_ error: any Error, _ target: EgressTarget, _ context: ChannelHandlerContext) {
        if let objection = VettingResolver.Objection(in: error) {
            return tell(
                "The agent wanted to reach \(target.authority), and \(objection).", hint: "sam settings explain egress.privateHosts",
                target,
                .forbidden, context)
        }
        answer("\(target.authority) can't be reached.", .badGateway, [:], context)
    }

    // MARK: - Plain HTTP

    private func forward(
        _ head: HTTPRequestHead, _ path: String, _ target: EgressTarget, _ allowsPrivate: Bool, _ context: ChannelHandlerContext
    ) {
        let address = UpstreamAddress(isTLS: false, host: target.host, port: target.port)
        relay.pool.connect(to: address, isVetted: !allowsPrivate, for: holder) { [self] result in
            switch result {
            case .failure(let error):
                givePlace(with: nil)
                failed(error, target, context)
            case .success(let server):
                givePlace(with: server.channel)
                guard case .judging(let kept) = state else { return server.close() }
                let exchange = PlainEgress(head, path: path, host: target.hostHeader, server: server, client: context) { [self] in
                    pause($0, context)
                }
                state = .relaying(exchange)
                for part in kept { exchange.clientSent(part) }
                pause(false, context)
            }
        }
    }

    // MARK: - CONNECT

    private func tunnel(_ target: EgressTarget, _ allowsPrivate: Bool, _ context: ChannelHandlerContext) {
        ClientBootstrap(group: context.eventLoop)
            .connectTimeout(Self.connectTimeout)
            .resolver(VettingResolver(relay.services.lookups, for: holder, eventLoop: context.eventLoop, allowsPrivate: allowsPrivate))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Tunnel()) }
            }
            .connect(host: target.host, port: target.port).assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .success(let server):
                    givePlace(with: server)
                    open(server, context)
                case .failure(let error):
                    givePlace(with: nil)
                    failed(error, target, context)
                }
            }
    }

    /// Joins both connections into one tunnel.
    private func open(_ server: any Channel, _ context: ChannelHandlerContext) {
        let client = context.channel
        guard client.isActive else { return server.close(promise: nil) }
        state = .done
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        pause(false, context)
        let clientEnd = Tunnel(drainTimeout: relay.services.limits.flush)
        do {
            let operations = client.pipeline.syncOperations
            let serverEnd = try server.pipeline.syncOperations.handler(type: Tunnel.self)
            try operations.addHandler(clientEnd, position: .after(self))
            Tunnel.join(clientEnd, on: client, serverEnd, on: server)
            // From here on both sides receive raw bytes.
            try operations.removeHandler(context: operations.context(handlerType: RelayHandler.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: ConnectionGuard.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: RequestTurns.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: HTTPServerProtocolErrorHandler.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: HTTPServerPipelineHandler.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: HTTPResponseEncoder.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: EgressHandler.self), promise: nil)
            // Bytes that followed CONNECT are in the decoder and are forwarded from there.
            let leftOver = client.eventLoop.makePromise(of: Void.self)
            try operations.removeHandler(
                context: operations.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self), promise: leftOver)
            leftOver.futureResult.whenComplete { _ in server.flush() }
        } catch {
            server.close(promise: nil)
            client.close(promise: nil)
        }
    }

    // MARK: - Refusing

    /// Refuses, and notifies the followers of the session.
    private func tell(
        _ sentence: String, hint: String, _ target: EgressTarget?, _ status: HTTPResponseStatus, _ context: ChannelHandlerContext
    ) {
        let text = "\(sentence) It was refused. What is allowed, and where that was said: \(hint)"
        let refusal = EgressRefusal(text, host: target?.host, port: target?.port)
        Task { [gate, session] in await gate.refused(session, refusal) }
        answer(text, status, ["x-sam-egress": "refused"], context)
    }

    private func answer(_ sentence: String, _ status: HTTPResponseStatus, _ own: HTTPHeaders, _ context: ChannelHandlerContext) {
        state = .done
        // Read and drop the rest: closing a connection with unread data loses the answer.
        pause(false, context)
        let body = ByteBuffer(string: sentence + "\n")
        var headers: HTTPHeaders = [
            "content-type": "text/plain; charset=utf-8", "content-length": String(body.readableBytes), "connection": "close",
        ]
        headers.add(contentsOf: own)
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in channel.close(promise: nil) }
    }
}
