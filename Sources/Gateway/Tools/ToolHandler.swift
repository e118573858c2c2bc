import Credentials
import Foundation
import NIOCore
import NIOHTTP1

/// `/tools` on a session's socket: SAM's own tools for its agent, as the Model Context Protocol's streamable HTTP has it, with every
/// answer in one piece.
///
/// https://modelcontextprotocol.io/specification/2025-06-18/basic/transports
///
/// The socket says which session it is, and the session's lease has to come with each message.
final class ToolHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let path = "/tools"
    private static let limit = 1 << 20

    private let session: SessionReference
    private let gate: ToolGate
    private let leases: Leases
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var isTooLong = false

    init(session: SessionReference, gate: ToolGate, leases: Leases) {
        self.session = session
        self.gate = gate
        self.leases = leases
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
            isTooLong = false
        case .body(var bytes):
            isTooLong = isTooLong || body.readableBytes + bytes.readableBytes > Self.limit
            if !isTooLong { body.writeBuffer(&bytes) }
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .POST else { return send(.methodNotAllowed, nil, head, context) }
        guard !isTooLong else { return send(.payloadTooLarge, nil, head, context) }
        guard let token = LeaseToken(in: head) else { return send(.unauthorized, nil, head, context) }
        let message = Data(body.readableBytesView)
        let promise = context.eventLoop.makePromise(of: (HTTPResponseStatus, Data?).self)
        promise.completeWithTask { [gate, leases, session] in
            guard try await leases.opens(token, session) else { return (.unauthorized, nil) }
            let answer = await gate.answer(message, session)
            return (answer == nil ? .accepted : .ok, answer)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { result in
            let (handler, context) = bound.value
            switch result {
            case .success(let (status, answer)): handler.send(status, answer, head, context)
            case .failure: handler.send(.serviceUnavailable, nil, head, context)
            }
        }
    }

    private func send(_ status: HTTPResponseStatus, _ body: Data?, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers: HTTPHeaders = ["content-length": String(body?.count ?? 0)]
        if body != nil { headers.add(name: "content-type", value: "application/json") }
        if !head.isKeepAlive { headers.add(name: "connection", value: "close") }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if let body { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in if !head.isKeepAlive { channel.close(promise: nil) } }
    }
}
