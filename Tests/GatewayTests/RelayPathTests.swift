import Accounts
import CBrotli
import Gateway
import Metering
import Settings
import Store
import Testing

@Suite("What a path costs", .timeLimit(.minutes(20)))
struct RelayPathTests {
    private static let upload = String(repeating: "x", count: 20 << 20)

    private func reasons(_ fixture: GatewayFixture) async throws -> [String?] {
        await fixture.ledger.flush()
        return try await fixture.store.read { try $0.query("SELECT why FROM usage ORDER BY rowid").map { try $0.optionalText("why") } }
    }

    @Test(
        "A request that calls no model costs nothing and reserves nothing, however large it is",
        arguments: [
            "/openai/v1/files", "/openai/v1/moderations", "/openai/v1/vector_stores", "/anthropic/v1/files", "/google/upload/v1beta/files",
        ])
    func free(path: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            // Less than anything.
            for owner in [ScopeOwner.platform, .user(fixture.member.id), .project(fixture.project)] {
                try await fixture.limit("0.000001", at: owner)
            }
            let client = try await door.connect()
            try await client.send(door.request(path, body: Self.upload))
            let provider = try await fixture.upstream.accept()
            #expect(try await provider.message().body.count == Self.upload.utf8.count)
            #expect(try await fixture.reserved() == .zero)
            try await provider.send(ScriptedUpstream.answer(#"{"id":"file_1"}"#))
            #expect(try await client.message(answering: "POST").status == 200)
            #expect(try await fixture.rows().isEmpty)
            // The budget is there.
            #expect(try await door.ask("/openai/v1/chat/completions", body: #"{"model":"gpt-4.1"}"#).status == 402)
        }
    }

    @Test(
        "A malformed path is answered by SAM, in the provider's shape, and nothing is sent",
        arguments: [
            ("/openai/v1//chat/completions", Dialect.openai), ("/openai/v1/%63hat/completions", .openai),
            ("/openai/v1/chat/completions/", .openai), ("/openai/v1/chat/completions;a=b", .openai), (#"/openai/v1\chat"#, .openai),
            ("/anthropic/v1/messages/../files", .anthropic), ("/anthropic//v1/messages", .anthropic),
            ("/google/v1beta/models/g%3bx:generateContent", .google), ("/custom/house/v1/%2563hat", .openai), ("/mistral/v1/./x", .openai),
        ])
    func malformed(path: String, dialect: Dialect) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            for door in [try await fixture.session(), try await fixture.network()] {
                for method in ["POST", "GET"] {
                    let answer = try await door.ask(path, method: method, body: method == "POST" ? "{}" : nil)
                    #expect(answer.status == 400 && answer.isRefusal(dialect), "\(answer.everything)")
                }
            }
            #expect(fixture.upstream.connections == 0)
            #expect(try await fixture.rows().isEmpty)
        }
    }

    @Test("A request that asks to be taken for another method is not looked up as what it is not")
    func override() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            let path = "/google/v1beta/models/gemini-2.5-pro:generateContent"
            for name in ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"] {
                let answer = try await door.ask(path, method: "GET", [RawHeader(name, "POST")], body: nil)
                #expect(answer.status == 400 && answer.isRefusal(.google))
            }
            #expect(fixture.upstream.connections == 0)
            #expect(try await door.ask(path, [RawHeader("X-HTTP-Method-Override", "post")]).status == 200)
        }
    }

    static let unmetered = [
        "/openai/v1/batches", "/anthropic/v1/messages/batches", "/google/v1beta/models/gemini-2.5-pro:batchGenerateContent",
        "/openai/v1/brand/new", "/anthropic/v1/complete", "/custom/house/api/generate", "/openai/v1/audio/speech",
        "/openai/v1/images/generations",
        "/openai/v1/realtime/client_secrets", "/openai/v1/fine_tuning/jobs",
    ]

    @Test("Under a budget what can't be bounded is refused, and estimated where the project allows it", arguments: unmetered)
    func budgeted(path: String) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer(#"{"id":"x"}"#))
            let door = try await fixture.session()
            try await fixture.limit("1000", at: .platform)
            let dialect: Dialect = path.hasPrefix("/anthropic") ? .anthropic : path.hasPrefix("/google") ? .google : .openai
            let body = #"{"model":"gpt-4.1","requests":[]}"#
            let refused = try await door.ask(path, body: body)
            #expect(
                refused.status == 403 && refused.isRefusal(dialect) && refused.text.contains("gateway.unmeteredPaths"),
                "\(refused.everything)")
            #expect(fixture.upstream.connections == 0)

            func set(_ value: String, _ owner: ScopeOwner) async throws {
                try await fixture.settings.set(.unmeteredPaths, to: value, at: owner, by: fixture.owner.id)
                fixture.gateway.forget()
            }
            try await set("estimate", .project(fixture.project))
            #expect(try await door.ask(path, body: body).status == 200)
            let row = try #require(try await fixture.rows(1).first)
            #expect(row.state == "estimated" && row.cost > .zero)
            #expect(try await fixture.reserved() == .zero)
            // No layer loosens what another one says.
            try await set("refuse", .platform)
            #expect(try await door.ask(path, body: body).status == 403)
        }
    }

    @Test("Without a budget it goes through, and its row is an estimate that says why", arguments: unmetered)
    func unbudgeted(path: String) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(
                ScriptedUpstream.answer(#"{"model":"gpt-4.1","usage":{"prompt_tokens":9,"completion_tokens":5}}"#))
            #expect(try await fixture.session().ask(path, body: #"{"model":"gpt-4.1"}"#).status == 200)
            #expect(try await fixture.rows(1).first?.state == "estimated")
            let why = try #require(try await reasons(fixture)[0])
            let isKnown = !["brand/new", "/complete", "/generate"].contains { path.hasSuffix($0) }
            #expect(why.contains("path") != isKnown && (why.contains("untold") || !isKnown))
        }
    }

    @Test("Embeddings cost what they read, and only that is held back")
    func embeddings() async throws {
        try await GatewayFixture.with { fixture in
            try await fixture.limit("1000", at: .platform)
            let door = try await fixture.session()
            let client = try await door.connect()
            let body = #"{"model":"gpt-4.1","input":"\#(String(repeating: "word ", count: 100))"}"#
            try await client.send(door.request("/openai/v1/embeddings", body: body))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let most = try fixture.price(of: "gpt-4.1", TokenUsage(input: body.utf8.count))
            let held = try await fixture.reserved()
            #expect(held > .zero && held <= most)
            try await provider.send(
                ScriptedUpstream.answer(
                    #"{"data":[{"embedding":[0.5]}],"model":"gpt-4.1","usage":{"prompt_tokens":101,"total_tokens":101}}"#))
            _ = try await client.message(answering: "POST")
            let row = try #require(try await fixture.rows(1).first)
            #expect(row.state == "exact" && row.usage == TokenUsage(input: 101))
        }
    }

    @Test("An answer in brotli counts to the token, and the provider is asked for nothing that the meter can't read")
    func brotli() async throws {
        try await GatewayFixture.with { fixture in
            let body = Array(
                (#"{"model":"claude-haiku-4-5","content":""# + String(repeating: "word ", count: 8_000)
                    + #"","usage":{"input_tokens":12,"output_tokens":8000}}"#).utf8)
            var packed = [UInt8](repeating: 0, count: body.count)
            var count = packed.count
            try #require(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, body.count, body, &count, &packed) == BROTLI_TRUE)
            let bytes = Array(packed.prefix(count))
            fixture.upstream.answering { _ in
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: \(bytes.count)\r\n\r\n"
                return Array(head.utf8) + bytes
            }
            let answer = try await fixture.session().ask(
                "/anthropic/v1/messages", [RawHeader("Accept-Encoding", "compress, br;q=0.7, *;q=0.1")],
                body: #"{"model":"claude-haiku-4-5"}"#)
            #expect(answer.body == bytes && answer.values("content-encoding") == ["br"])
            #expect(fixture.upstream.requests[0].values("accept-encoding") == ["br;q=0.7, gzip;q=0.1, deflate;q=0.1, zstd;q=0.1"])
            let row = try #require(try await fixture.rows(1).first)
            #expect(row.state == "exact" && row.usage == TokenUsage(input: 12, output: 8_000))
        }
    }
}
