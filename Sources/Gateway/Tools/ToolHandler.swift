import Credentials
import Foundation
import Limits
import NIOCore
import NIOHTTP1
import Synchronization

/// Serves `/tools` and `/tools/mcp` on a session's socket: SAM's own tools for the agent, over the Model Context Protocol's streamable
/// HTTP, with each answer in one piece.
///
/// https://modelcontextprotocol.io/specification/2025-06-18/basic/transports
///
/// The socket identifies the session, and each message must carry the session's lease.
///
/// The call is authorised by its head: before that, its body is not read, and nothing is kept for other clients.
final class ToolHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case watching
        /// The lease is being looked up. Parts that arrived with the head are kept.
        case judging(HTTPRequestHead, [HTTPServerRequestPart])
        /// The call is admitted, and its body is being read.
        case reading(HTTPRequestHead)
        case answering
        /// The answer has been sent; the rest of the request is dropped.
        case dropping
    }

    /// Some clients append `/mcp` or a slash to the configured address.
    private static let paths: Set<Substring> = ["/tools", "/tools/", "/tools/mcp", "/tools/mcp/"]
    private static let limit = 1 << 20

    private let session: SessionReference
    private let gate: ToolGate
    private let leases: Leases
    private let services: RelayServices
    private let open: OpenCalls
    private var state = State.watching
    private var body = ByteBuffer()
    private var hold: Hold?
    private var hasPlace = false
    private var readPause = ReadPause()
    /// The lookup or call in progress, cancelled when the client disconnects.
    private var work: Task<Void, Never>?

    init(session: SessionReference, gate: ToolGate, leases: Leases, open: OpenCalls, services: RelayServices) {
        self.session = session
        self.gate = gate
        self.leases = leases
        self.open = open
        self.services = services
    }

    /// Whether a request's path is that of the tools. The query is ignored.
    static func serves(_ uri: String) -> Bool { paths.contains(RequestTarget(uri).path) }

    private var listener: Listener { .session(session.rawValue) }

    // MARK: - Channel events

    func channelInactive(context: ChannelHandlerContext) {
        work?.cancel()
        if case .reading = state { givePlace() }
        state = .dropping
        context.fireChannelInactive()
    }

    func read(context: ChannelHandlerContext) {
        if readPause.read() { context.read() }
    }

    private func pause(_ isPaused: Bool, _ context: ChannelHandlerContext) {
        if readPause.set(isPaused) { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch (state, part) {
        case (.watching, .head(let head)): judge(head, context)
        case (.judging(let head, let kept), _): state = .judging(head, kept + [part])
        case (.reading(let head), .body(var bytes)):
            guard body.readableBytes + bytes.readableBytes <= Self.limit else { return refuse(.payloadTooLarge, nil, head, context) }
            guard hold?.add(bytes.readableBytes) != false else {
                services.admission.refusals.count(.memory, at: listener)
                return refuse(.tooManyRequests, .memory, head, context)
            }
            body.writeBuffer(&bytes)
        case (.reading(let head), .end): answer(head, context)
        case (.dropping, .end): state = .watching
        default: break
        }
    }

    // MARK: - A call

    private func judge(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .POST else { return refuse(.methodNotAllowed, nil, head, context) }
        guard let token = LeaseToken(in: head) else { return refuse(.unauthorized, nil, head, context) }
        state = .judging(head, [])
        pause(true, context)
        let promise = context.eventLoop.makePromise(of: Bool.self)
        work = Task { [leases, session] in
            do {
                promise.succeed(try await leases.opens(token, session))
            } catch {
                promise.fail(error)
            }
        }
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            guard case .judging(_, let kept) = state else { return }
            let refusal: (status: HTTPResponseStatus, reason: LimitReason?)? =
                switch result {
                case .success(true): admit(head, context)
                case .success(false): (.unauthorized, nil)
                case .failure: (.serviceUnavailable, nil)
                }
            if let refusal {
                let isComplete = kept.contains { if case .end = $0 { true } else { false } }
                refuse(refusal.status, refusal.reason, head, isComplete: isComplete, context)
            } else {
                for part in kept { channelRead(context: context, data: NIOAny(part)) }
            }
            pause(false, context)
        }
    }

    /// Admits the call.
    ///
    /// - Returns: the status and reason of a refusal; `nil` when admitted.
    private func admit(
        _ head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) -> (status: HTTPResponseStatus, reason: LimitReason?)? {
        let holder = Admission.holder(session: session.rawValue)
        guard services.admission.prove(context.channel, as: holder, at: listener) else { return (.tooManyRequests, .holder) }
        guard open.begin(session) else { return (.tooManyRequests, nil) }
        hasPlace = true
        hold = services.held.hold(for: holder)
        body.clear()
        state = .reading(head)
        return nil
    }

    private func givePlace() {
        body = ByteBuffer()
        hold?.end()
        if hasPlace { open.end(session) }
        hasPlace = false
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        state = .answering
        let message = Data(body.readableBytesView)
        body = ByteBuffer()
        // The call keeps its place until its answer is known, even if the client disconnects.
        hasPlace = false
        let promise = context.eventLoop.makePromise(of: Data?.self)
        work = Task { [gate, session, open, hold] in
            let answer = await gate.answer(message, session)
            hold?.end()
            open.end(session)
            promise.succeed(answer)
        }
        promise.futureResult.assumeIsolated().whenSuccess { [self] answer in
            guard case .answering = state else { return }
            state = .watching
            send(answer == nil ? .accepted : .ok, answer, head, closes: !head.isKeepAlive, context)
        }
    }

    // MARK: - Answering

    /// Refuses the request. The rest of it is dropped.
    private func refuse(
        _ status: HTTPResponseStatus, _ reason: LimitReason?, _ head: HTTPRequestHead, isComplete: Bool = false,
        _ context: ChannelHandlerContext
    ) {
        givePlace()
        // Set before the end of the answer is written, which may trigger the next request.
        state = isComplete ? .watching : .dropping
        send(status, nil, head, why: reason, closes: !head.isKeepAlive, context)
    }

    private func send(
        _ status: HTTPResponseStatus, _ body: Data?, _ head: HTTPRequestHead, why: LimitReason? = nil, closes: Bool,
        _ context: ChannelHandlerContext
    ) {
        let body = body ?? why.map { Data(($0.sentence + "\n").utf8) }
        var headers: HTTPHeaders = ["content-length": String(body?.count ?? 0)]
        if body != nil { headers.add(name: "content-type", value: why == nil ? "application/json" : "text/plain; charset=utf-8") }
        if why != nil { headers.add(name: "retry-after", value: "1") }
        if closes { headers.add(name: "connection", value: "close") }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if let body { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in if closes { channel.close(promise: nil) } }
    }
}

/// The number of open calls of each session's agent. Safe to share.
final class OpenCalls: Sendable {
    /// The maximum per session, more than agents make at once.
    static let limit = 8

    private let counts = Mutex<[SessionReference: Int]>([:])

    /// Takes a place for a call.
    ///
    /// - Returns: whether a place was free.
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
