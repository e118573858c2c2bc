import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport

/// A provider of the test's own, on this machine: it keeps what it is asked and answers as it is told.
final class RecordingUpstream: Sendable {
    typealias Request = HTTPStub.Request

    /// What is answered: a whole body, or a stream in pieces.
    struct Answer: Sendable {
        var status = 200
        var headers: HTTPFields = [.contentType: "application/json"]
        var pieces: [String] = []
        /// Nothing is answered before it is open.
        var gate: Gate?
        /// Whether the body comes in pieces whose number is not said beforehand.
        var isStream = false

        static func json(_ text: String, status: Int = 200) -> Answer { Answer(status: status, pieces: [text]) }

        /// Nothing before the gate is opened, then a whole body.
        static func json(_ text: String, after gate: Gate) -> Answer { Answer(pieces: [text], gate: gate) }

        static func stream(_ pieces: [String]) -> Answer {
            Answer(headers: [.contentType: "text/event-stream"], pieces: pieces, isStream: true)
        }

        fileprivate var response: Response {
            get async {
                await gate?.pass()
                let body = ResponseBody(contentLength: isStream ? nil : pieces.reduce(0) { $0 + $1.utf8.count }) { [pieces] writer in
                    for piece in pieces { try await writer.write(ByteBuffer(string: piece)) }
                    try await writer.finish(nil)
                }
                return Response(status: .init(code: status), headers: headers, body: body)
            }
        }
    }

    /// Where a provider is to be reached for the requests to come here.
    let url: String
    private let recorded: Recorded

    /// What it was asked so far, in order.
    var requests: [Request] { recorded.requests.withLock { $0 } }

    private init(url: String, recorded: Recorded) {
        self.url = url
        self.recorded = recorded
    }

    /// Runs a test's body with an upstream, which is gone afterwards.
    static func with<Result>(
        _ answer: @escaping @Sendable (Request) -> Answer, _ body: (RecordingUpstream) async throws -> Result
    ) async throws -> Result {
        let recorded = Recorded()
        return try await HTTPStub.with({ request in
            recorded.requests.withLock { $0.append(request) }
            return await answer(request).response
        }) { url in
            try await body(RecordingUpstream(url: url, recorded: recorded))
        }
    }

    private final class Recorded: Sendable {
        let requests = Mutex<[Request]>([])
    }
}

extension HTTPStub.Request {
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

/// Something that is closed until a test opens it, and then stays open.
struct Gate: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (stream, continuation) = AsyncStream<Never>.makeStream()
    }

    func open() { continuation.finish() }

    /// Waits until it is open or the task is cancelled.
    func pass() async {
        for await _ in stream {}
    }
}
