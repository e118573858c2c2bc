import Credentials
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// `/tools` on a session's socket, and `/tools/mcp` as well: SAM's own tools for its agent, as the Model Context Protocol's streamable
/// HTTP has it, with every answer in one piece.
///
/// https://modelcontextprotocol.io/specification/2025-06-18/basic/transports
///
/// The socket says which session it is, and the session's lease has to come with each message.
final class ToolHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Some clients put `/mcp` behind the address that they are given, some a slash.
    private static let paths: Set<Substring> = ["/tools", "/tools/", "/tools/mcp", "/tools/mcp/"]
    private static let limit = 1 << 20

    private let session: SessionReference
    private let gate: ToolGate
    private let leases: Leases
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var isTooLong = false
    private let open: OpenCalls
    /// What is being answered: over when the one who asks is gone.
    private var answering: Task<Void, Never>?

    init(session: SessionReference, gate: ToolGate, leases: Leases, open: OpenCalls) {
        self.session = session
        self.gate = gate
        self.leases = leases
        self.open = open
    }

    /// Whether a request's address is that of the tools, whatever its query.
    static func serves(_ uri: String) -> Bool { paths.contains(RequestTarget(uri).path) }

    func channelInactive(context: ChannelHandlerContext) {
        answering?.cancel()
        context.fireChannelInactive()
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
        guard open.begin(session) else { return send(.tooManyRequests, nil, head, context) }
        let message = Data(body.readableBytesView)
        body = ByteBuffer()
        let promise = context.eventLoop.makePromise(of: (HTTPResponseStatus, Data?).self)
        answering = Task { [gate, leases, session, open] in
            defer { open.end(session) }
            do {
                guard try await leases.opens(token, session) else { return promise.succeed((.unauthorized, nil)) }
                let answer = await gate.answer(message, session)
                promise.succeed((answer == nil ? .accepted : .ok, answer))
            } catch {
                promise.fail(error)
            }
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

/// How many calls of each session's agent are being answered. Safe to share.
final class OpenCalls: Sendable {
    /// More than an agent makes at once.
    static let limit = 8

    private let counts = Mutex<[SessionReference: Int]>([:])

    /// Takes a place.
    ///
    /// - Returns: whether there was one.
    func begin(_ session: SessionReference) -> Bool {
        counts.withLock { counts in
            guard counts[session, default: 0] < Self.limit else { return false }
            counts[session, default: 0] += 1
            return true
        }
    }

    func end(_ session: SessionReference) {
        counts.withLock { counts in
            counts[session, default: 1] -= 1
            if counts[session] == 0 { counts[session] = nil }
        }
    }
}
