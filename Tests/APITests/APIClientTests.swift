import API
import Foundation
import Hummingbird
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@Suite("The client of the API")
struct APIClientTests {
    private struct Answer: Sendable, Decodable, Hashable {
        let value: Int
    }

    private static func json(_ text: String, status: HTTPResponse.Status = .ok, type: String = "application/json") -> Response {
        Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static func problem(_ status: HTTPResponse.Status, _ detail: String, code: String? = nil) -> Response {
        let code = code.map { #","code":"\#($0)""# } ?? ""
        return json(
            #"{"type":"about:blank","title":"T","status":\#(status.code),"detail":"\#(detail)"\#(code)}"#, status: status,
            type: "application/problem+json")
    }

    /// What a call throws, and which obstacle its explanation was asked for.
    private static func failure(answering response: @escaping @Sendable () -> Response) async throws -> (APIClient.Failure?, String) {
        try await HTTPStub.with({ _ in response() }) { url in
            let obstacles = Mutex("")
            let client = APIClient(base: url, token: "t") { obstacle in
                obstacles.withLock { $0 += "\(obstacle)" }
                return nil
            }
            var failure: APIClient.Failure?
            do {
                _ = try await client.get("/api/v1/things", as: Answer.self)
            } catch let thrown as APIClient.Failure {
                failure = thrown
            }
            await client.close()
            return (failure, obstacles.withLock { $0 })
        }
    }

    @Test("It sends its token and a body, and decodes the answer")
    func sends() async throws {
        try await HTTPStub.with({ request in
            guard request.headers["authorization"] == ["Bearer t"], request.method == .PUT, request.uri == "/api/v1/things/a?b=c",
                String(decoding: request.body, as: UTF8.self) == #"{"limit":"5"}"#
            else { return Self.problem(.badRequest, "\(request)") }
            return Self.json(#"{"value":5}"#)
        }) { url in
            let client = APIClient(base: url, token: "t")
            let answer: Answer = try await client.send(.PUT, "/api/v1/things/a?b=c", ["limit": "5"])
            await client.close()
            #expect(answer == Answer(value: 5))
        }
    }

    @Test(
        "A refusal has the server's sentence and code, and is no obstacle",
        arguments: [
            (HTTPResponse.Status.conflict, "It is off.", "credentialBlocked"), (.notFound, "No such session.", nil),
            (.forbidden, "No.", nil),
        ] as [(HTTPResponse.Status, String, String?)])
    func refusal(status: HTTPResponse.Status, detail: String, code: String?) async throws {
        let (failure, obstacle) = try await Self.failure { Self.problem(status, detail, code: code) }
        #expect(failure?.status == status.code && failure?.description == detail && failure?.code == code)
        #expect(obstacle.isEmpty)
    }

    @Test("What only the program knows is asked of it")
    func obstacles() async throws {
        let refused = try await Self.failure { Self.problem(.unauthorized, "Not valid.", code: Problem.userDisabled) }
        #expect(refused.0?.status == 401 && refused.1 == #"tokenRefused("Not valid.", isDisabled: true)"#)
        let elsewhere = try await Self.failure { Self.problem(.notFound, "Not Found") }
        #expect(elsewhere.0?.status == 404 && elsewhere.1 == "noSuchPath(isSAM: true)")
        let page = try await Self.failure { Self.json("<html>", status: .notFound, type: "text/html") }
        #expect(page.0?.status == 404 && page.1 == "noSuchPath(isSAM: false)")
        let proxy = try await Self.failure { Self.json("<html>", status: .badGateway, type: "text/html") }
        #expect(proxy.0?.status == 502 && proxy.0?.description == "The server answered 502." && proxy.1 == "notSAM(status: 502)")
    }

    @Test("Where nothing answers, that is said")
    func unreachable() async throws {
        let client = APIClient(base: "http://127.0.0.1:1", token: nil) { _ in "Nothing is there." }
        #expect(await !client.isAnswered())
        let failure = await #expect(throws: APIClient.Failure.self) { _ = try await client.get("/api/v1/server", as: Answer.self) }
        await client.close()
        #expect(failure?.status == nil && failure?.description == "Nothing is there.")
    }

    @Test("A stream is followed from a number, event by event")
    func follows() async throws {
        try await HTTPStub.with({ request in
            let after = request.headers.first(name: "last-event-id") ?? ""
            return Self.json("id: 4\ndata: \(after)\n\nid: 5\ndata: 9\n\n", type: "text/event-stream")
        }) { url in
            let client = APIClient(base: url, token: "t")
            var events: [String] = []
            try await client.follow("/api/v1/things/stream", after: 3) { events.append(String(decoding: $0, as: UTF8.self)) }
            await client.close()
            #expect(events == ["3", "9"])
        }
    }
}
