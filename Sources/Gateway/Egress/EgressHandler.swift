import Credentials
import NIOCore
import NIOHTTP1
import NIOPosix

/// The egress proxy: takes over a connection whose first request is for somewhere outside, `CONNECT` or plain HTTP, and lets it
/// through or refuses it. Everything else goes on to who stands behind.
///
/// Names are looked up here, outside of the sandbox, and never lead to this machine or a private network.
final class EgressHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case watching
        /// The rules are looked up, or the connection is made. What comes meanwhile is kept.
        case judging
        /// A plain request goes to its server.
        case sending(any Channel)
        /// The request is over, or was refused: nothing more is taken from this connection.
        case done
    }

    private let session: SessionReference
    private let gate: EgressGate
    private let line: RelayLine
    private var state = State.watching
    private var kept: [HTTPServerRequestPart] = []

    private static let connectTimeout = TimeAmount.seconds(10)

    init(session: SessionReference, gate: EgressGate, line: RelayLine) {
        self.session = session
        self.gate = gate
        self.line = line
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch state {
        case .watching:
            guard case .head(let head) = part, head.method == .CONNECT || !head.uri.hasPrefix("/") && head.uri != "*" else {
                return context.fireChannelRead(data)
            }
            state = .judging
            judge(head, context)
        case .judging: kept.append(part)
        case .sending(let server): forward(part, to: server)
        case .done: break
        }
    }

    // MARK: - Judging

    private func judge(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let target = head.method == .CONNECT ? EgressTarget(authority: head.uri) : EgressTarget(absolute: head.uri)
        guard let target else {
            return tell(
                "The agent asked for an address that is none: what is let through is http and a host, or CONNECT with a host and a port.",
                hint: "sam settings explain egress.hosts", .badRequest, context)
        }
        line.afterwards { [gate, session] in
            await gate.rules(session)
        } then: { [self] rules in
            guard rules.allows(target) else {
                return tell(
                    "The agent wanted to reach \(target.authority), which is not on the list of hosts.",
                    hint: "sam settings explain egress.hosts",
                    .forbidden, context)
            }
            connect(head, target, allowsPrivate: rules.allowsPrivate(target), context)
        }
    }

    private func connect(_ head: HTTPRequestHead, _ target: EgressTarget, allowsPrivate: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let isTunnel = head.method == .CONNECT
        ClientBootstrap(group: context.eventLoop)
            .connectTimeout(Self.connectTimeout)
            .resolver(VettingResolver(eventLoop: context.eventLoop, allowsPrivate: allowsPrivate))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if !isTunnel { try channel.pipeline.syncOperations.addHandler(HTTPRequestEncoder(configuration: .asWritten)) }
                    try channel.pipeline.syncOperations.addHandler(Tunnel(delivers: true))
                }
            }
            .connect(host: target.host, port: target.port).assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .success(let server): open(head, target, server, context)
                case .failure(let error): failed(error, target, context)
                }
            }
    }

    private func failed(_ error: any Error, _ target: EgressTarget, _ context: ChannelHandlerContext) {
        let connection = error as? NIOConnectionError
        let lookups = [error, connection?.dnsAError, connection?.dnsAAAAError]
        if let objection = lookups.lazy.compactMap({ $0 as? VettingResolver.Objection }).first {
            return tell(
                "The agent wanted to reach \(target.authority), and \(objection).", hint: "sam settings explain egress.privateHosts",
                .forbidden,
                context)
        }
        answer("\(target.authority) can't be reached.", .badGateway, [:], context)
    }

    // MARK: - Letting through

    /// Both connections become one pipe. For plain HTTP the request still passes through here, so that it is the one that was
    /// judged and no other.
    private func open(_ head: HTTPRequestHead, _ target: EgressTarget, _ server: any Channel, _ context: ChannelHandlerContext) {
        let client = context.channel
        guard client.isActive else { return server.close(promise: nil) }
        let isTunnel = target.path == nil
        if isTunnel {
            context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        let clientEnd = Tunnel(delivers: isTunnel)
        do {
            let operations = client.pipeline.syncOperations
            let serverEnd = try server.pipeline.syncOperations.handler(type: Tunnel.self)
            // From here on the client gets bytes as they come.
            try operations.removeHandler(context: operations.context(handlerType: RelayHandler.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: HTTPServerProtocolErrorHandler.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: HTTPServerPipelineHandler.self), promise: nil)
            try operations.removeHandler(context: operations.context(handlerType: HTTPResponseEncoder.self), promise: nil)
            try operations.addHandler(clientEnd, position: .after(self))
            Tunnel.join(clientEnd, on: client, serverEnd, on: server)
            if let path = target.path {
                begin(head, path, target, server)
            } else {
                state = .done
                try operations.removeHandler(context: operations.context(handlerType: EgressHandler.self), promise: nil)
                // What came behind CONNECT is in the decoder, and goes on as it came.
                try operations.removeHandler(
                    context: operations.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self), promise: nil)
            }
        } catch {
            server.close(promise: nil)
            client.close(promise: nil)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ path: String, _ target: EgressTarget, _ server: any Channel) {
        // One request a connection: the answer goes back byte for byte, and its end is the connection's.
        var outside = HeaderRules.upstream(
            head, uri: path, host: target.hostHeader, credentials: [], framing: HeaderRules.framing(of: head.headers), isAmended: false,
            keepsKeys: true)
        outside.headers.add(name: "connection", value: "close")
        state = .sending(server)
        server.write(HTTPClientRequestPart.head(outside), promise: nil)
        let waiting = kept
        kept = []
        for part in waiting { forward(part, to: server) }
        server.flush()
    }

    private func forward(_ part: HTTPServerRequestPart, to server: any Channel) {
        switch part {
        case .head: state = .done
        case .body(let bytes): server.writeAndFlush(HTTPClientRequestPart.body(.byteBuffer(bytes)), promise: nil)
        case .end(let trailers):
            state = .done
            server.writeAndFlush(HTTPClientRequestPart.end(trailers), promise: nil)
        }
    }

    // MARK: - Refusing

    /// Refuses, and tells whoever follows the session.
    private func tell(_ sentence: String, hint: String, _ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
        let text = "\(sentence) It was refused. What is allowed, and where that was said: \(hint)"
        Task { [gate, session] in await gate.refused(session, text) }
        answer(text, status, ["x-sam-egress": "refused"], context)
    }

    private func answer(_ sentence: String, _ status: HTTPResponseStatus, _ own: HTTPHeaders, _ context: ChannelHandlerContext) {
        state = .done
        kept = []
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
