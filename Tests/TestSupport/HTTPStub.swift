public import Foundation
public import Hummingbird
import Logging
import NIOCore
public import NIOHTTP1
import NIOHTTPTypesHTTP1

/// An HTTP server of a test on loopback, such as a provider.
public enum HTTPStub {
    /// A request with its whole body.
    public struct Request: Sendable {
        /// The method.
        public var method: HTTPMethod
        /// The path with its query.
        public var uri: String
        /// The headers, with `host`.
        public var headers: HTTPHeaders
        /// The body.
        public var body: Data
    }

    /// Runs a test's body with a server and stops it afterwards.
    ///
    /// - Parameters:
    ///   - respond: answers a request; an error becomes status 500.
    ///   - body: gets the server's URL, without a path.
    public static func with<Result>(
        _ respond: @escaping @Sendable (Request) async throws -> Response, _ body: (_ url: String) async throws -> Result
    ) async throws -> Result {
        let (ports, sender) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { (request: Hummingbird.Request, _: BasicRequestContext) in
                let head = try HTTPRequestHead(request.head)
                let body = try await request.body.collect(upTo: .max)
                return try await respond(
                    Request(method: head.method, uri: head.uri, headers: head.headers, body: Data(body.readableBytesView)))
            },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { sender.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() })
        let serving = Task {
            defer { sender.finish() }
            try await application.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await serving.value
            throw CancellationError()
        }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body("http://127.0.0.1:\(port)"))
        } catch {
            outcome = .failure(error)
        }
        serving.cancel()
        // It ends because it was cancelled.
        _ = await serving.result
        return try outcome.get()
    }
}
