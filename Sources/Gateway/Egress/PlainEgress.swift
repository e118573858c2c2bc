import NIOCore
import NIOHTTP1

/// One forwarded plain HTTP request and its answer. The client's connection is closed after it, as the answer's head says.
final class PlainEgress {
    private let server: UpstreamHandler
    private let client: ChannelHandlerContext
    private let isToHead: Bool
    private let knowsChunks: Bool
    private let pauseClient: (Bool) -> Void
    private var hasAnswerBegun = false

    /// Starts the exchange by sending the head.
    ///
    /// - Parameter pauseClient: pauses or resumes reading from the client.
    init(
        _ head: HTTPRequestHead, path: String, host: String, server: UpstreamHandler, client: ChannelHandlerContext,
        pauseClient: @escaping (Bool) -> Void
    ) {
        self.server = server
        self.client = client
        self.pauseClient = pauseClient
        isToHead = head.method == .HEAD
        knowsChunks = head.version.knowsChunks
        server.receiver = self
        // The client's own keys are forwarded; SAM adds none here.
        let outside = HeaderRules.upstream(
            head, uri: path, host: host, credentials: [], framing: HeaderRules.framing(of: head.headers), isAmended: false, keepsKeys: true)
        server.send(.head(outside))
        server.flush()
    }

    func clientSent(_ part: HTTPServerRequestPart) {
        switch part {
        case .head: return
        case .body(let bytes): server.send(.body(.byteBuffer(bytes)))
        case .end(let trailers): server.send(.end(trailers))
        }
        server.flush()
    }

    func clientWritable(_ isWritable: Bool) { server.pause(!isWritable) }

    func clientLeft() { server.close() }

    private func send(_ part: HTTPServerResponsePart) {
        client.write(NIOAny(part), promise: nil)
    }

    private func close() {
        server.close()
        client.close(promise: nil)
    }
}

extension PlainEgress: UpstreamReceiver {
    func upstreamHead(_ head: HTTPResponseHead) {
        guard !head.isInformationalAnswer else {
            send(.head(HTTPResponseHead(version: .http1_1, status: head.status, headers: head.headers)))
            return client.flush()
        }
        hasAnswerBegun = true
        send(.head(HeaderRules.client(head, isToHead: isToHead, closes: true, isAmended: false, knowsChunks: knowsChunks)))
    }

    func upstreamBody(_ bytes: ByteBuffer) { send(.body(.byteBuffer(bytes))) }

    func upstreamReadComplete() { client.flush() }

    func upstreamEnd(_ trailers: HTTPHeaders?) {
        server.close()
        let channel = client.channel
        // Close when the client has received it.
        client.writeAndFlush(NIOAny(HTTPServerResponsePart.end(trailers))).whenComplete { _ in channel.close(promise: nil) }
    }

    func upstreamClosed() {
        guard !hasAnswerBegun else { return close() }
        let headers: HTTPHeaders = ["content-length": "0", "connection": "close"]
        hasAnswerBegun = true
        send(.head(HTTPResponseHead(version: .http1_1, status: .badGateway, headers: headers)))
        upstreamEnd(nil)
    }

    func upstreamWritable(_ isWritable: Bool) { pauseClient(!isWritable) }
}

extension HTTPVersion {
    /// Whether a client of this version understands chunked bodies.
    var knowsChunks: Bool { self != .http1_0 && self != .http0_9 }
}
