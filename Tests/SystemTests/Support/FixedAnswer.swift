import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS listener that gives every connection the same HTTP answer, whatever it asks for, as a proxy without its server does.
final class FixedAnswer: Sendable {
    private let counted = Mutex(0)

    /// How many connections were answered.
    var count: Int { counted.withLock { $0 } }

    /// Listens while a test's body runs.
    ///
    /// - Parameter status: the status with its reason, such as `403 Forbidden`.
    static func with(
        _ status: String, type: String = "text/html", body answer: String = "<h1>No</h1>", port: Int, certificate: String, key: String,
        _ body: (FixedAnswer) async throws -> Void
    ) async throws {
        let fixed = FixedAnswer()
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
        let text =
            "HTTP/1.1 \(status)\r\ncontent-type: \(type)\r\ncontent-length: \(answer.utf8.count)\r\nconnection: close\r\n\r\n\(answer)"
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([NIOSSLServerHandler(context: context), Answerer(text, fixed)])
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        do {
            try await body(fixed)
        } catch {
            try await listener.close()
            throw error
        }
        try await listener.close()
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let text: String
        private let fixed: FixedAnswer
        private var hasAnswered = false

        init(_ text: String, _ fixed: FixedAnswer) {
            self.text = text
            self.fixed = fixed
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasAnswered else { return }
            hasAnswered = true
            fixed.counted.withLock { $0 += 1 }
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
