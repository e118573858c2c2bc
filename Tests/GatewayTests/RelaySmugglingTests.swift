import Metering
import Testing

@Suite("Requests that two servers could read in two ways", .timeLimit(.minutes(20)))
struct RelaySmugglingTests {
    /// Heads as they follow a request's first lines, and what stands where a body could.
    static let shapes: [(name: String, head: String, body: String)] = [
        ("two lengths", "Content-Length: 2\r\nContent-Length: 40", "{}"),
        ("two lengths in one line", "Content-Length: 2, 40", "{}"),
        ("a length with a sign", "Content-Length: +2", "{}"),
        ("a negative length", "Content-Length: -2", "{}"),
        ("a length in hexadecimal", "Content-Length: 0x2", "{}"),
        ("a length that overflows", "Content-Length: 18446744073709551618", "{}"),
        ("a length with a blank in it", "Content-Length: 2 0", "{}"),
        ("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 2", "2\r\n{}\r\n0\r\n\r\n"),
        ("a length and chunks", "Content-Length: 2\r\nTransfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
        ("chunks that are not last", "Transfer-Encoding: chunked, identity", "2\r\n{}\r\n0\r\n\r\n"),
        ("an encoding that nobody knows", "Transfer-Encoding: xchunked", "2\r\n{}\r\n0\r\n\r\n"),
        ("chunks with a blank before the colon", "Transfer-Encoding : chunked", "2\r\n{}\r\n0\r\n\r\n"),
        ("a chunk's size with a sign", "Transfer-Encoding: chunked", "+2\r\n{}\r\n0\r\n\r\n"),
        ("a negative chunk", "Transfer-Encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n"),
        ("a chunk's size with a prefix", "Transfer-Encoding: chunked", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("a chunk's size that overflows", "Transfer-Encoding: chunked", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
        ("a chunk longer than it says", "Transfer-Encoding: chunked", "1\r\n{}\r\n0\r\n\r\n"),
        ("a chunk's size that is none", "Transfer-Encoding: chunked", "two\r\n{}\r\n0\r\n\r\n"),
        ("a line that goes on in the next", "X-A: b\r\n Content-Length: 40\r\nContent-Length: 2", "{}"),
        ("a line that goes on with a tab", "X-A: b\r\n\tc\r\nContent-Length: 2", "{}"),
        ("a first line that goes on", " X: y\r\nContent-Length: 2", "{}"),
        ("a line without a colon", "Content-Length 2\r\nX: y", "{}"),
        ("a name with a blank", "X Y: z\r\nContent-Length: 2", "{}"),
        ("a name with a control", "X\u{1}Y: z\r\nContent-Length: 2", "{}"),
        ("a value with a zero", "X: y\u{0}z\r\nContent-Length: 2", "{}"),
        ("a bare CR in a value", "X: y\rContent-Length: 40\r\nContent-Length: 2", "{}"),
        ("no name", ": x\r\nContent-Length: 2", "{}"),
    ]

    /// What an attacker would have the provider take for a request of its own.
    static let smuggled = "GET /v1/smuggled HTTP/1.1\r\nHost: sam\r\n\r\n"

    @Test("Each is refused, and nothing of it is a request at the provider", arguments: RelaySmugglingTests.shapes.map(\.name))
    func refused(name: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let shape = try #require(Self.shapes.first { $0.name == name })
            let client = try await door.connect()
            let head = "POST /anthropic/v1/messages HTTP/1.1\r\nHost: sam\r\n"
            // The first header of all is sometimes what matters.
            let key = "x-api-key: \(door.token)"
            let lines = shape.head.hasPrefix(" ") ? "\(shape.head)\r\n\(key)" : "\(key)\r\n\(shape.head)"
            try await client.send(head + lines + "\r\n\r\n" + shape.body + Self.smuggled)
            let status = try? await client.message(answering: "POST").status
            #expect(status == nil || status == 400)
            // The same act done rightly.
            #expect(try await door.ask("/anthropic/v1/right").status == 200)
            #expect(fixture.upstream.requests.map(\.uri) == ["/v1/right"])
        }
    }

    @Test("A connection on which nothing can be understood any more ends, as its last answer says")
    func ends() async throws {
        try await GatewayFixture.with { fixture in
            let client = try await fixture.session().connect()
            try await client.send("POST /anthropic/v1/messages HTTP/1.1\r\nno colon\r\n\r\n")
            #expect(try await client.message(answering: "POST").values("connection") == ["close"])
            try await client.end()
        }
    }

    @Test(
        "The same ways of telling a body's length are good when they are clear",
        arguments: [
            ("Content-Length: 2", "{}"), ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
            ("Transfer-Encoding: Chunked", "0002;ext=\"a\"\r\n{}\r\n000\r\n\r\n"), ("content-length:2", "{}"),
        ])
    func accepted(head: String, body: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let client = try await door.connect()
            let lines = "POST /anthropic/v1/messages HTTP/1.1\r\nHost: sam\r\nx-api-key: \(door.token)\r\n\(head)\r\n\r\n"
            for _ in 0..<2 {
                try await client.send(lines + body)
                #expect(try await client.message(answering: "POST").status == 200)
            }
            #expect(fixture.upstream.requests.map(\.text) == ["{}", "{}"])
        }
    }

    @Test("A flood of headers is refused", arguments: [(20_000, 100), (2, 600_000)])
    func flood(count: Int, length: Int) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let client = try await door.connect()
            let headers = (0..<count).map { RawHeader("X-\($0)", String(repeating: "a", count: length)) }
            // The server may well hang up before all of it is sent.
            try? await client.send(door.request("/anthropic/v1/messages", headers))
            let status = try? await client.message(answering: "POST").status
            #expect(status.map { (400..<500).contains($0) } ?? true)
            #expect(try await door.ask("/anthropic/v1/right", [RawHeader("X", String(repeating: "a", count: 10_000))]).status == 200)
            #expect(fixture.upstream.requests.map(\.uri) == ["/v1/right"])
        }
    }

    @Test("WebSocket is refused with what makes clients fall back at once")
    func upgrade() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let upgrade = [
                RawHeader("Connection", "Upgrade"), RawHeader("Upgrade", "websocket"), RawHeader("Sec-WebSocket-Version", "13"),
                RawHeader("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), RawHeader("OpenAI-Beta", "responses_websockets=2026-02-06"),
            ]
            let answer = try await door.ask("/openai/v1/responses", method: "GET", upgrade, body: nil)
            #expect(answer.status == 426)
            #expect(answer.isRefusal(.openai))
            #expect(fixture.upstream.connections == 0)
            #expect(try await door.ask("/openai/v1/responses", method: "GET", body: nil).status == 200)
        }
    }
}
