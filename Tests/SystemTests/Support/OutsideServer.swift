import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A web server on the host's loopback that stands for the outside: it serves a folder's files and keeps what it is asked.
///
/// What is sent to it is answered with its size. With `?close` in its address a file comes without its length, and its end is the
/// end of the connection. It lives on event loops alone, so that tests that keep all other threads busy don't hold it up.
final class OutsideServer: Sendable {
    /// A request as it arrived.
    struct Request: Sendable {
        var method: HTTPMethod
        /// The path with its query.
        var uri: String
        var headers: HTTPHeaders
        var body: Data
    }

    let port: Int
    private let log: Log

    /// Where it is reached, as it stands in an address and in a list of hosts.
    var authority: String { "127.0.0.1:\(port)" }
    /// What a shell in a sandbox types to get the file `hello`, by way of the proxy.
    var hello: String { "curl -sS --noproxy '' http://\(authority)/hello" }
    /// What it was asked so far, in order.
    var requests: [Request] { log.requests.withLock { $0 } }

    private init(port: Int, log: Log) {
        self.port = port
        self.log = log
    }

    /// Runs a test's body with a server, which takes no connections afterwards.
    static func with<Result>(folder: String, _ body: (OutsideServer) async throws -> Result) async throws -> Result {
        let log = Log()
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Attendant(folder: folder, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(OutsideServer(port: listener.localAddress?.port ?? 0, log: log)))
        } catch {
            outcome = .failure(error)
        }
        try await listener.close()
        return try outcome.get()
    }

    /// What was asked on all connections.
    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    /// Answers the requests of one connection.
    private final class Attendant: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let folder: String
        private let log: Log
        private var request: Request?

        init(folder: String, log: Log) {
            self.folder = folder
            self.log = log
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Request(method: head.method, uri: head.uri, headers: head.headers, body: Data())
            case .body(let buffer): request?.body.append(contentsOf: buffer.readableBytesView)
            case .end:
                guard let whole = request else { return }
                log.requests.withLock { $0.append(whole) }
                answer(whole, context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func answer(_ request: Request, _ context: ChannelHandlerContext) {
            let found = request.method == .GET ? file(request.uri) : Data("\(request.body.count) bytes\n".utf8)
            let isWithoutLength = request.uri.hasSuffix("?close")
            var head = HTTPResponseHead(version: isWithoutLength ? .http1_0 : .http1_1, status: found == nil ? .notFound : .ok)
            if request.uri.hasSuffix("/") { head.headers.add(name: "content-type", value: "text/html") }
            if !isWithoutLength { head.headers.add(name: "content-length", value: "\(found?.count ?? 0)") }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if let found { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: found)))), promise: nil) }
            let channel = context.channel
            let isLast = isWithoutLength || request.headers["connection"] == ["close"]
            // It closes when all is with the system, and not before.
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
                if isLast { channel.close(promise: nil) }
            }
        }

        private func file(_ uri: String) -> Data? {
            let path = uri.prefix { $0 != "?" }
            return FileManager.default.contents(atPath: folder + path + (path.hasSuffix("/") ? "index.html" : ""))
        }
    }
}
