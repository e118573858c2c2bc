import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A provider of the test's own, on this machine: it keeps what it is asked and answers as it is told.
final class RecordingUpstream: Sendable {
    /// A request as it arrived.
    struct Request: Sendable {
        var method: HTTPMethod
        /// The path with its query.
        var uri: String
        var headers: HTTPHeaders
        var body: Data

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The key that came with it, wherever one can stand; several are joined.
        var key: String {
            let bearers = headers["authorization"].map { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : $0 }
            return (headers["x-api-key"] + headers["x-goog-api-key"] + bearers).joined(separator: " and ")
        }

        /// Everything of it that a secret could stand in.
        var everything: Data {
            Data("\(method.rawValue) \(uri)\n\(headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n"))\n\n".utf8) + body
        }
    }

    /// What is answered: a whole body, or a stream in pieces.
    struct Answer: Sendable {
        enum Piece: Sendable {
            case text(String)
            /// Nothing more until the gate is opened.
            case held(Gate)
            /// The connection is broken off.
            case brokenOff
        }

        var status = 200
        var headers: HTTPHeaders = ["content-type": "application/json"]
        var pieces: [Piece] = []
        /// Whether the body comes in pieces whose number is not said beforehand.
        var isStream = false

        static func json(_ text: String, status: Int = 200, headers: [(String, String)] = []) -> Answer {
            var answer = Answer(status: status, pieces: [.text(text)])
            answer.headers.add(contentsOf: HTTPHeaders(headers))
            return answer
        }

        /// Nothing before the gate is opened, then a whole body.
        static func json(_ text: String, after gate: Gate) -> Answer {
            Answer(pieces: [.held(gate), .text(text)])
        }

        static func stream(_ pieces: [Piece]) -> Answer {
            Answer(headers: ["content-type": "text/event-stream"], pieces: pieces, isStream: true)
        }
    }

    /// Where a provider is to be reached for the requests to come here.
    let url: String
    private let recorded = Mutex<[Request]>([])

    /// What it was asked so far, in order.
    var requests: [Request] { recorded.withLock { $0 } }

    private init(port: Int) {
        url = "http://127.0.0.1:\(port)"
    }

    /// Runs a test's body with an upstream, which is gone afterwards.
    static func with<Result>(
        _ answer: @escaping @Sendable (Request) -> Answer, _ body: (RecordingUpstream) async throws -> Result
    ) async throws -> Result {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let upstream = RecordingUpstream(port: listener.channel.localAddress?.port ?? 0)
        let serving = Task {
            // It ends when the listener is closed or the task is cancelled, and neither is a mistake.
            try? await upstream.serve(listener, answer)
        }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(upstream))
        } catch {
            outcome = .failure(error)
        }
        serving.cancel()
        await serving.value
        return try outcome.get()
    }

    // MARK: - Connections

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private func serve(_ listener: NIOAsyncChannel<Connection, Never>, _ answer: @escaping @Sendable (Request) -> Answer) async throws {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    // Whoever breaks a connection off ends it for both.
                    group.addTask { try? await self.attend(connection, answer) }
                }
            }
        }
    }

    private func attend(_ connection: Connection, _ answer: @Sendable (Request) -> Answer) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var request: Request?
            for try await part in inbound {
                switch part {
                case .head(let head): request = Request(method: head.method, uri: head.uri, headers: head.headers, body: Data())
                case .body(let buffer): request?.body.append(contentsOf: buffer.readableBytesView)
                case .end:
                    guard let whole = request else { return }
                    recorded.withLock { $0.append(whole) }
                    guard try await give(answer(whole), to: outbound) else { return }
                }
            }
        }
    }

    /// Writes an answer.
    ///
    /// - Returns: whether the connection goes on.
    private func give(_ answer: Answer, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>) async throws -> Bool {
        var headers = answer.headers
        if !answer.isStream {
            let length = answer.pieces.reduce(0) { if case .text(let text) = $1 { $0 + text.utf8.count } else { $0 } }
            headers.add(name: "content-length", value: "\(length)")
        }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
        // An answer that is held from its first piece on has no head before either.
        var isBegun = false
        for piece in answer.pieces {
            switch piece {
            case .held(let gate): await gate.pass()
            case .brokenOff: return false
            case .text(let text):
                if !isBegun { try await outbound.write(.head(head)) }
                isBegun = true
                try await outbound.write(.body(.byteBuffer(ByteBuffer(string: text))))
            }
        }
        if !isBegun { try await outbound.write(.head(head)) }
        try await outbound.write(.end(nil))
        return true
    }
}

/// Something that is closed until a test opens it, and then stays open.
struct Gate: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (stream, continuation) = AsyncStream<Never>.makeStream()
    }

    func open() { continuation.finish() }

    /// Waits until it is open or nobody waits any more.
    func pass() async {
        for await _ in stream {}
    }
}
