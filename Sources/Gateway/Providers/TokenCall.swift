import Foundation
import NIOCore
import NIOHTTP1
import Wording

/// One request on its own connection, and its outcome. Tracks whether the request was sent completely, which decides whether a token can
/// have been spent.
///
/// Use only on its event loop.
final class TokenCall: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let body: ByteBuffer
    private let limit: TimeAmount
    private let outcome: EventLoopPromise<TokenAnswer>
    private var answerHead: HTTPResponseHead?
    private var answerBody = Data()
    private var isSent = false
    private var isOver = false
    private var clock: Scheduled<Void>?

    private static let answerLimit = 1 << 20

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - limit: the maximum duration once connected.
    ///   - outcome: always succeeds with the result, once there is a connection.
    init(_ head: HTTPRequestHead, _ body: ByteBuffer, limit: TimeAmount, outcome: EventLoopPromise<TokenAnswer>) {
        self.head = head
        self.body = body
        self.limit = limit
        self.outcome = outcome
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        clock = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.end("The provider's token endpoint took too long.")
            channel.close(promise: nil)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        // With TLS, this completes after the handshake.
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenSuccess { self.isSent = true }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answerHead = head
        case .body(let bytes):
            answerBody.append(contentsOf: bytes.readableBytesView.prefix(Self.answerLimit - answerBody.count))
            if answerBody.count == Self.answerLimit { complete(context) }
        case .end: complete(context)
        }
    }

    private func complete(_ context: ChannelHandlerContext) {
        if let answerHead { end(.whole(answerHead, answerBody)) }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("The provider's token endpoint closed the connection before the request was sent.")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end("No request could be sent to the provider's token endpoint: \(reason(of: error)).")
        context.close(promise: nil)
    }

    private func end(_ why: String) { end(isSent ? .broken : .notSent(why)) }

    private func end(_ answer: TokenAnswer) {
        guard !isOver else { return }
        isOver = true
        clock?.cancel()
        outcome.succeed(answer)
    }
}
