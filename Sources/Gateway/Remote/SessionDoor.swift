import AgentProtocol
import Credentials
import NIOCore
import NIOHTTP1

/// Turns a connection into a session's, if its first request is an upgrade with a runner's token.
///
/// NIO's upgrade handlers are not used: they never answer a request with another `Upgrade` header.
final class SessionDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let gate: RemoteGate
    /// The HTTP and idle handlers of this connection, in the order of removal.
    private let handlers: [any RemovableChannelHandler]
    private let become: (SessionReference) throws -> Void
    private var hasAsked = false
    private var isJudging = false

    /// Creates a door.
    ///
    /// - Parameters:
    ///   - handlers: removed when the connection becomes a session's.
    ///   - become: sets the connection up for the session.
    init(gate: RemoteGate, handlers: [any RemovableChannelHandler], become: @escaping (SessionReference) throws -> Void) {
        self.gate = gate
        self.handlers = handlers
        self.become = become
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The rest of the upgrade request.
        if isJudging { return }
        guard !hasAsked, case .head(let head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        hasAsked = true
        guard head.uri == SessionUpgrade.path, head.headers[canonicalForm: "upgrade"].contains(where: { $0 == SessionUpgrade.name }) else {
            do {
                try gate.serve?(context.channel)
            } catch {
                context.close(promise: nil)
                return
            }
            return context.fireChannelRead(data)
        }
        isJudging = true
        judge(head, context)
    }

    private func judge(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let words = head.headers.first(name: "authorization")?.split(separator: " ") ?? []
        guard head.method == .GET, words.count == 2, words[0].lowercased() == "bearer" else { return refuse(context) }
        let promise = context.eventLoop.makePromise(of: SessionReference?.self)
        promise.futureResult.assumeIsolated().whenSuccess { [self] session in
            guard context.channel.isActive else { return }
            if let session { enter(session, context) } else { refuse(context) }
        }
        Task { [gate, channel = context.channel, token = String(words[1])] in promise.succeed(await gate.admit(token, channel)) }
    }

    private func refuse(_ context: ChannelHandlerContext) {
        let headers: HTTPHeaders = ["content-length": "0", "connection": "close"]
        let channel = context.channel
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .unauthorized, headers: headers))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    private func enter(_ session: SessionReference, _ context: ChannelHandlerContext) {
        let headers: HTTPHeaders = ["connection": "upgrade", "upgrade": SessionUpgrade.name]
        let channel = context.channel
        let operations = context.pipeline.syncOperations
        // Read nothing until the session's handlers are installed.
        channel.setOption(.autoRead, value: false).assumeIsolated()
            .flatMap { [self] in
                context.write(
                    wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers))), promise: nil
                )
                return context.writeAndFlush(wrapOutboundOut(.end(nil)))
            }
            .flatMap { [self] in
                EventLoopFuture.andAllSucceed((handlers + [self]).map { operations.removeHandler($0) }, on: channel.eventLoop)
            }
            .flatMapThrowing { [self] in try become(session) }
            .flatMap { channel.setOption(.autoRead, value: true) }
            .whenFailure { _ in channel.close(promise: nil) }
    }
}
