import TestSupport
import Testing

/// A body that a provider could send, in the pieces in which it sends it.
struct ScriptedBody: Sendable, CustomTestStringConvertible {
    var name: String
    var type = "text/event-stream; charset=utf-8"
    var encoding: String?
    var pieces: [[UInt8]]

    var testDescription: String { name }
    var bytes: [UInt8] { pieces.reduce(into: []) { $0 += $1 } }

    static let all = [
        ScriptedBody(
            name: "events that nobody knows, comments and pings",
            pieces: [
                ": hello\n\n", "event: ping\ndata: {\"type\": \"ping\"}\n\n", "event: from_the_future\nid: 7\nretry: 10\ndata: {\n",
                "data: ]\n\n", "nonsense without a colon\n\n\n\n", ": ping\n", "\ndata: [DONE]\n\n", "data: after the end",
            ].map { Array($0.utf8) }),
        ScriptedBody(
            name: "lines that end with CR LF, or CR", pieces: ["data: {}\r", "\n\r\n", "data: a\r\rdata: b\n\r\n"].map { Array($0.utf8) }),
        ScriptedBody(
            name: "a line of a mebibyte",
            pieces: [Array("data: ".utf8), Array(repeating: 0x61, count: 700_000), Array(repeating: 0x62, count: 348_576), [10, 10]]),
        ScriptedBody(name: "letters of several bytes, cut in the middle", pieces: Array("data: é世👋🏽\n\n".utf8).map { [$0] }),
        ScriptedBody(
            name: "compressed, which nobody asked for", encoding: "gzip",
            pieces: [[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], [0x4b, 0x49, 0x2c, 0x49, 4, 0, 0x11, 0xf3], [0xc2, 0xad, 4, 0, 0, 0]]),
        ScriptedBody(name: "compressed, and broken", type: "application/json", encoding: "br", pieces: [[0x1f, 0x8b, 0xff], [0, 1, 2]]),
        ScriptedBody(
            name: "every byte", type: "application/octet-stream",
            pieces: [(0...255).map { UInt8($0) }, (0...255).reversed().map { UInt8($0) }]),
        ScriptedBody(
            name: "JSON that is none", type: "application/json", pieces: [Array(#"{"usage":{"input_tokens":"#.utf8), [0xff, 0xfe]]),
        ScriptedBody(name: "nothing", pieces: []),
    ]
}

/// How the end of a body is told.
enum ScriptedFraming: CaseIterable {
    case length, chunks, end

    func head(_ length: Int) -> [RawHeader] {
        switch self {
        case .length: [RawHeader("Content-Length", "\(length)")]
        case .chunks: [RawHeader("Transfer-Encoding", "chunked")]
        case .end: []
        }
    }

    func send(_ pieces: [[UInt8]], on wire: RawWire) async throws {
        for piece in pieces { try await wire.send(self == .chunks ? ScriptedUpstream.chunk(piece) : piece) }
        switch self {
        case .length: break
        case .chunks: try await wire.send(ScriptedUpstream.lastChunk)
        case .end: await wire.close()
        }
    }
}

@Suite("Answers on their way back", .timeLimit(.minutes(20)))
struct RelayAnswerBytesTests {
    static let headers = [
        RawHeader("Date", "Sat, 14 Mar 2026 12:00:00 GMT"), RawHeader("request-id", "req_011CSHoEeqs5C35K2UUqR7Fy"),
        RawHeader("anthropic-ratelimit-tokens-remaining", "79000"), RawHeader("Set-Cookie", "__cf_bm=1; path=/"),
        RawHeader("SET-COOKIE", "_cfuvid=2; Secure"), RawHeader("x-ratelimit-reset-requests", "1s"),
        RawHeader("mistral-correlation-id", "0"), RawHeader("Server", "cloudflare"), RawHeader("x-empty", ""),
        RawHeader("Cache-Control", "no-cache"), RawHeader("CF-RAY", "9-FRA"),
        RawHeader("alt-svc", #"h3=":443"; ma=86400"#), RawHeader("Strict-Transport-Security", "max-age=1"), RawHeader("Vary", "*"),
    ]

    @Test("Status, headers and body are the provider's, however the end of it is told", arguments: ProviderAPI.all)
    func verbatim(api: ProviderAPI) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            for framing in ScriptedFraming.allCases {
                for body in ScriptedBody.all {
                    let client = try await door.connect()
                    let length = RawHeader("Content-Length", "2")
                    try await client.send(RawClient.request("POST", api.uri(door), api.leaseHeaders(door) + [length], body: [0x7b, 0x7d]))
                    let provider = try await fixture.upstream.accept()
                    _ = try await provider.message()
                    let told = [RawHeader("Content-Type", body.type)] + (body.encoding.map { [RawHeader("Content-Encoding", $0)] } ?? [])
                    let sent = Self.headers + told + framing.head(body.bytes.count) + [ScriptedUpstream.closing]
                    let head = ["HTTP/1.1 201 Made It Up"] + sent.map(\.description)
                    try await provider.send(head.joined(separator: "\r\n") + "\r\n\r\n")
                    try await framing.send(body.pieces, on: provider)

                    let answer = try await client.message(answering: "POST")
                    let what = "\(body.name), by \(framing)"
                    #expect(answer.status == 201, "\(what)")
                    #expect(answer.lasting() == Self.headers + told, "\(what)")
                    #expect(answer.values("content-length") == (framing == .length ? ["\(body.bytes.count)"] : []), "\(what)")
                    #expect(answer.body == body.bytes, "\(what)")
                    #expect(answer.isWhole, "\(what)")
                    await provider.close()
                    await client.close()
                }
            }
        }
    }

    /// Clients wait on single tokens; nothing may be kept back until more of it is there.
    @Test("Every byte goes out before the next one has come", arguments: ScriptedFraming.allCases)
    func flushed(framing: ScriptedFraming) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let event = Array("event: ping\r\ndata: é\n\n".utf8)
            let head = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream"] + framing.head(event.count).map(\.description)
            try await provider.send(head.joined(separator: "\r\n") + "\r\n\r\n")
            // The head alone says that the provider is at work.
            try await client.sees("\r\n\r\n")
            for count in 1...event.count {
                let before = client.current.count
                try await provider.send(framing == .chunks ? ScriptedUpstream.chunk([event[count - 1]]) : [event[count - 1]])
                try await eventually("byte \(count)") { client.current.count > before ? () : nil }
            }
            try await framing.send([], on: provider)
            let answer = try await client.message(answering: "POST")
            #expect(answer.body == event)
            #expect(answer.isWhole)
        }
    }

    @Test("Trailers pass")
    func trailers() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n2\r\n{}\r\n0\r\nx-sum: 42\r\nX-Sum: 43\r\n\r\n")
            let answer = try await door.ask("/openai/v1/responses", [RawHeader("TE", "trailers")])
            #expect(answer.text == "{}")
            #expect(answer.trailers == [RawHeader("x-sum", "42"), RawHeader("X-Sum", "43")])
        }
    }

    @Test(
        "Answers that have no body end with their head, and the connection stays open",
        arguments: [
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1234\r\n\r\n"),
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ("GET", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"),
            ("DELETE", "HTTP/1.1 204 No Content\r\n\r\n"),
            ("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 1234\r\n\r\n"),
        ])
    func noBody(method: String, head: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            let provider = try await bodiless(method, head, client, door, nil, fixture)
            // Had anything been taken for a body, the next answer would be read as a part of it.
            _ = try await bodiless(method, head, client, door, provider, fixture)
            try await client.send(door.request("/openai/v1/models", method: "GET", body: nil))
            _ = try await provider.message()
            try await provider.send(ScriptedUpstream.answer("last"))
            #expect(try await client.message(answering: "GET").text == "last")
        }
    }

    private func bodiless(
        _ method: String, _ head: String, _ client: RawWire, _ door: Door, _ provider: RawWire?, _ fixture: GatewayFixture
    ) async throws -> RawWire {
        try await client.send(door.request("/openai/v1/models", method: method, body: nil))
        let wire: RawWire
        if let provider { wire = provider } else { wire = try await fixture.upstream.accept() }
        _ = try await wire.message()
        try await wire.send(head)
        let answer = try await client.message(answering: method)
        let told = try #require(try RawMessage(Array(head.utf8), answering: "HEAD", hasEnded: false))
        #expect(answer.status == told.status)
        #expect(answer.lasting() == told.lasting())
        #expect(answer.values("content-length") == told.values("content-length"))
        return wire
    }
}
