import Foundation
import NIOCore
import NIOPosix

/// A server on the host's loopback that says all it has to say to whoever connects, and closes at once.
enum GreetingServer {
    /// Runs a test's body with a server, which is gone afterwards.
    ///
    /// - Parameter body: gets the server's port.
    static func with<Result>(_ greeting: Data, _ body: (Int) async throws -> Result) async throws -> Result {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Greeter(greeting)) }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(server.localAddress?.port ?? 0))
        } catch {
            outcome = .failure(error)
        }
        try await server.close()
        return try outcome.get()
    }

    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let greeting: Data

        init(_ greeting: Data) { self.greeting = greeting }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: greeting)), promise: nil)
            // What was written before goes out before.
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
