import Credentials
import Testing

/// A way in which a provider is asked, and where its key belongs.
struct ProviderAPI: Sendable, CustomTestStringConvertible {
    var name: String
    var provider: String
    /// Under the gateway; `LEASE` stands for the lease.
    var path: String
    /// At the provider.
    var target: String
    /// The header that the client puts the lease into, where it is in one.
    var lease: RawHeader?
    /// The header that the provider wants its key in.
    var key: RawHeader

    var testDescription: String { name }

    init(_ name: String, _ provider: String, _ path: String, leaseIn lease: RawHeader?, keyIn key: RawHeader, target: String? = nil) {
        self.name = name
        self.provider = provider
        self.path = "/\(provider.replacing("custom-", with: "custom/"))\(path)"
        self.target = target ?? path
        self.lease = lease
        self.key = RawHeader(key.name, key.value.replacing("KEY", with: GatewayFixture.secret(provider)))
    }

    func uri(_ door: Door) -> String { door.prefix + path.replacing("LEASE", with: door.token) }

    func leaseHeaders(_ door: Door) -> [RawHeader] {
        lease.map { [RawHeader($0.name, $0.value.replacing("LEASE", with: door.token))] } ?? []
    }

    static let keyHeaders = ["authorization", "x-api-key", "x-goog-api-key"]

    private static let bearer = RawHeader("Authorization", "Bearer LEASE")
    private static let bearerKey = RawHeader("Authorization", "Bearer KEY")
    private static let anthropicKey = RawHeader("x-api-key", "KEY")
    private static let googleKey = RawHeader("x-goog-api-key", "KEY")
    private static let gemini = "/v1beta/models/gemini-2.5-pro:generateContent"

    static let all = [
        ProviderAPI(
            "anthropic", "anthropic", "/v1/messages?beta=true", leaseIn: RawHeader("X-Api-Key", "LEASE"), keyIn: anthropicKey),
        ProviderAPI("anthropic, by bearer", "anthropic", "/v1/messages", leaseIn: bearer, keyIn: anthropicKey),
        ProviderAPI("openai chat", "openai", "/v1/chat/completions", leaseIn: bearer, keyIn: bearerKey),
        ProviderAPI("openai responses", "openai", "/v1/responses", leaseIn: bearer, keyIn: bearerKey),
        ProviderAPI("google", "google", gemini, leaseIn: RawHeader("x-goog-api-key", "LEASE"), keyIn: googleKey),
        ProviderAPI("google, by the query alone", "google", gemini + "?key=LEASE", leaseIn: nil, keyIn: googleKey, target: gemini),
        ProviderAPI(
            "google, by the query among others", "google", gemini + "?alt=sse&key=LEASE&x=%20y", leaseIn: nil, keyIn: googleKey,
            target: gemini + "?alt=sse&x=%20y"),
        ProviderAPI("mistral", "mistral", "/v1/chat/completions", leaseIn: bearer, keyIn: bearerKey),
        ProviderAPI("custom", "custom-house", "/v1/chat/completions?a=b%2Fc", leaseIn: bearer, keyIn: bearerKey),
        ProviderAPI("a path that nobody knows", "openai", "/v9/what/is%20this,x=1?q=1&q=1&", leaseIn: bearer, keyIn: bearerKey),
    ]
}

@Suite("Requests on their way to a provider", .timeLimit(.minutes(20)))
struct RelayRequestBytesTests {
    /// What clients send, with names that repeat, odd cases, and one of every kind that could be mistaken for a key.
    static let headers = [
        RawHeader("anthropic-beta", "oauth-2025-04-20,fine-grained-tool-streaming-2025-05-14"),
        RawHeader("anthropic-version", "2023-06-01"), RawHeader("X-Stainless-LANG", "js"), RawHeader("anthropic-beta", "unheard-of-2031"),
        RawHeader("User-Agent", "claude-cli/2.0 (external, cli)"), RawHeader("accept-encoding", "gzip, deflate, br, zstd"),
        RawHeader("x-claude-code-session-id", "7c"), RawHeader("X-Inner", "a  b\t c, \"d\"; e=é"), RawHeader("x-empty", ""),
        RawHeader("Cookie", "a=b"), RawHeader("Content-Type", "application/json"), RawHeader("X-Forwarded-For", "10.0.0.1"),
        RawHeader("OpenAI-Beta", "responses=v1"), RawHeader("x-api-key-hint", "none"),
    ]
    /// Every byte there is, and text that is no JSON.
    static let body = (0...255).map { UInt8($0) } + Array(#"{"a":"é\u0000","b":[1,"#.utf8)

    @Test("The body and all headers but the key arrive as they were sent, in their order", arguments: ProviderAPI.all)
    func verbatim(api: ProviderAPI) async throws {
        try await GatewayFixture.with { fixture in
            for door in [try await fixture.network(), try await fixture.session()] {
                let sent = Self.headers.dropLast(3) + api.leaseHeaders(door) + Self.headers.suffix(3)
                let client = try await door.connect()
                let length = RawHeader("Content-Length", "\(Self.body.count)")
                try await client.send(RawClient.request("POST", api.uri(door), sent + [length], body: Self.body))
                let provider = try await fixture.upstream.accept()
                let request = try await provider.message()

                #expect(request.start == "POST \(api.target) HTTP/1.1")
                #expect(request.values("host") == ["127.0.0.1:\(fixture.upstream.port)"])
                #expect(request.lasting(without: ["host"] + ProviderAPI.keyHeaders) == sent.filter { $0 != api.leaseHeaders(door).first })
                #expect(ProviderAPI.keyHeaders.flatMap { request.values($0) } == [api.key.value])
                #expect(request.values(api.key.name) == [api.key.value])
                #expect(request.values("content-length") == ["\(Self.body.count)"])
                #expect(request.values("transfer-encoding") == [])
                #expect(request.body == Self.body)
                #expect(!request.everything.contains(door.token))

                try await provider.send(ScriptedUpstream.answer("{}", [ScriptedUpstream.closing]))
                let answer = try await client.message(answering: "POST")
                #expect(answer.text == "{}")
                #expect(!answer.everything.contains(api.key.value))
                await provider.close()
                await client.close()
            }
        }
    }

    @Test("Everything that a client puts in a key's place is removed, the lease itself from anywhere")
    func everyKeyGoes() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.network()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let other = "sk-somebody-elses"
            let ways: [[RawHeader]] = [
                [RawHeader("x-api-key", door.token), RawHeader("Authorization", "Bearer \(other)")],
                [RawHeader("x-api-key", other), RawHeader("authorization", "Bearer \(door.token)")],
                [RawHeader("X-Goog-Api-Key", other), RawHeader("AUTHORIZATION", "bearer \(door.token)"), RawHeader("x-api-key", other)],
                [RawHeader("x-api-key", door.token), RawHeader("X-API-KEY", other), RawHeader("x-api-key", door.token)],
            ]
            for headers in ways {
                let client = try await door.connect()
                try await client.send(RawClient.request("GET", door.prefix + "/anthropic/v1/models", headers))
                #expect(try await client.message(answering: "GET").status == 200, "\(headers)")
                await client.close()
            }
            #expect(fixture.upstream.requests.count == ways.count)
            for request in fixture.upstream.requests {
                #expect(request.values("x-api-key") == [GatewayFixture.secret("anthropic")])
                #expect(request.values("authorization") + request.values("x-goog-api-key") == [])
                #expect(!request.everything.contains(other) && !request.everything.contains(door.token))
            }
        }
    }

    @Test("A body in chunks arrives in chunks, with its trailers")
    func chunked() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            let headers = [RawHeader("x-api-key", door.token), RawHeader("Transfer-Encoding", "chunked"), RawHeader("Trailer", "x-sum")]
            let half = ScriptedUpstream.chunk(Self.body)
            try await client.send(RawClient.request("POST", "/anthropic/v1/messages", headers, body: half))
            let provider = try await fixture.upstream.accept()
            // No budget applies, so that nothing is held back: the first half is there before the second was sent.
            try await provider.sees("\r\n\r\n")
            try await provider.sees(#"{"a":"#)
            try await client.send(half + Array("0\r\nx-sum: 42\r\n\r\n".utf8))
            let request = try await provider.message()
            #expect(request.values("transfer-encoding") == ["chunked"])
            #expect(request.values("content-length") == [])
            #expect(request.body == Self.body + Self.body)
            #expect(request.trailers == [RawHeader("x-sum", "42")])
        }
    }

    @Test("Methods pass, and a request without a body gets none", arguments: ["GET", "DELETE", "OPTIONS", "HEAD", "POST", "PATCH"])
    func methods(method: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering("HTTP/1.1 204 No Content\r\n\r\n")
            #expect(try await door.ask("/openai/v1/files/f_1", method: method, body: nil).status == 204)
            let request = try #require(fixture.upstream.requests.first)
            #expect(request.start == "\(method) /v1/files/f_1 HTTP/1.1")
            #expect(request.values("transfer-encoding") == [])
            #expect(request.body.isEmpty)
            #expect(["GET", "HEAD", "DELETE", "OPTIONS"].contains(method) ? request.values("content-length") == [] : true)
        }
    }

    @Test("Headers of one connection are not passed on, nor those that it names")
    func hopByHop() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let hops = [
                RawHeader("Connection", "keep-alive, X-Mine"), RawHeader("Keep-Alive", "timeout=5"), RawHeader("X-Mine", "1"),
                RawHeader("TE", "trailers"), RawHeader("Proxy-Connection", "keep-alive"), RawHeader("X-Yours", "2"),
            ]
            #expect(try await door.ask("/openai/v1/models", method: "GET", hops, body: nil).status == 200)
            let request = try #require(fixture.upstream.requests.first)
            #expect(request.values("x-yours") == ["2"])
            for name in ["keep-alive", "x-mine", "proxy-connection"] { #expect(request.values(name) == [], "\(name)") }
            #expect(!request.values("connection").contains { $0.contains("X-Mine") })
        }
    }

    @Test("A path before the provider's own is kept")
    func basePath() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await fixture.point(.mistral, at: fixture.upstream.url + "/base/path/")
            #expect(try await door.ask("/mistral/v1/models?x=1", method: "GET", body: nil).status == 200)
            #expect(fixture.upstream.requests.map(\.uri) == ["/base/path/v1/models?x=1"])
        }
    }
}
