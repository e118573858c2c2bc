import Accounts
import Testing

@Suite("What a provider says besides yes", .timeLimit(.minutes(20)))
struct RelayStatusTests {
    /// Clients decide on the wording whether and when they try again.
    static let errors: [(status: String, headers: [RawHeader], body: String)] = [
        ("400 Bad Request", [], #"{"type":"error","error":{"type":"invalid_request_error","message":"capability_rejected: x"}}"#),
        ("401 Unauthorized", [RawHeader("WWW-Authenticate", "Bearer")], #"{"error":{"message":"Incorrect API key provided"}}"#),
        ("402 Payment Required", [], "{}"),
        ("403 Forbidden", [], "<html>\r\n<h1>Blocked by a firewall</h1>\r\n"),
        ("404 Not Found", [], ""),
        ("413 Payload Too Large", [RawHeader("x-should-retry", "false")], #"{"error":{}}"#),
        ("429 Too Many Requests", [RawHeader("retry-after", "17"), RawHeader("retry-after-ms", "17000")], #"{"error":{"message":"é"}}"#),
        ("500 Internal Server Error", [RawHeader("x-should-retry", "true")], "\u{0}\u{1}"),
        ("503 Service Unavailable", [RawHeader("Retry-After", "Sat, 14 Mar 2026 12:00:00 GMT")], " "),
        ("529 Overloaded", [RawHeader("request-id", "req_9")], #"{"type":"error","error":{"type":"overloaded_error"}}"#),
    ]

    @Test("Errors pass as they are", arguments: ProviderAPI.all)
    func errors(api: ProviderAPI) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.network()
            let client = try await door.connect()
            var provider: RawWire?
            for error in Self.errors {
                let length = RawHeader("Content-Length", "2")
                try await client.send(RawClient.request("POST", api.uri(door), api.leaseHeaders(door) + [length], body: [0x7b, 0x7d]))
                let wire: RawWire
                if let provider { wire = provider } else { wire = try await fixture.upstream.accept() }
                provider = wire
                _ = try await wire.message()
                let sent = ScriptedUpstream.answer(error.body, status: error.status, error.headers)
                try await wire.send(sent)
                let answer = try await client.message(answering: "POST")
                let told = try #require(try RawMessage(Array(sent.utf8), answering: "POST", hasEnded: false))
                #expect(answer.status == told.status)
                #expect(answer.lasting() == told.lasting())
                #expect(answer.body == told.body)
                #expect(!answer.everything.contains(api.key.value))
            }
            #expect(fixture.upstream.connections == 1)
        }
    }

    @Test("A redirection is the client's to follow", arguments: [301, 302, 303, 307, 308])
    func redirects(status: Int) async throws {
        try await GatewayFixture.with { fixture in
            try await ScriptedUpstream.with { elsewhere in
                elsewhere.answering(ScriptedUpstream.answer("stolen"))
                let location = RawHeader("Location", elsewhere.url + "/v1/messages")
                fixture.upstream.answering(ScriptedUpstream.answer("go", status: "\(status) Elsewhere", [location]))
                let door = try await fixture.session()
                let answer = try await door.ask("/anthropic/v1/messages")
                #expect(answer.status == status)
                #expect(answer.values("location") == [location.value])
                #expect(answer.text == "go")
                #expect(elsewhere.connections == 0)
                #expect(fixture.upstream.requests.count == 1)
            }
        }
    }

    @Test("Announcements pass before the answer that they announce", arguments: ["102 Processing", "103 Early Hints"])
    func announcements(status: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            for hint in ["a", "b"] {
                try await provider.send("HTTP/1.1 \(status)\r\nLink: \(hint)\r\n\r\n")
                // It is there while the answer is still to come.
                let announcement = try await client.message(answering: "POST")
                #expect(announcement.status == Int(status.prefix(3)))
                #expect(announcement.lasting() == [RawHeader("Link", hint)])
            }
            try await provider.send(ScriptedUpstream.answer("{}"))
            let answer = try await client.message(answering: "POST")
            #expect(answer.status == 200)
            #expect(answer.text == "{}")
        }
    }

    @Test("A client that asks whether its body is wanted is told so by the provider, or by SAM where it has to read it first")
    func expectation() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            for isHeld in [false, true] {
                if isHeld { try await fixture.limit("100", at: .platform) }
                let client = try await door.connect()
                let headers = [
                    RawHeader("x-api-key", door.token), RawHeader("Expect", "100-continue"), RawHeader("Content-Length", "5"),
                ]
                try await client.send(RawClient.request("POST", "/anthropic/v1/messages", headers))
                let provider = isHeld ? nil : try await fixture.upstream.accept()
                if let provider {
                    try await provider.sees("\r\n\r\n")
                    try await provider.send("HTTP/1.1 100 Continue\r\n\r\n")
                }
                #expect(try await client.message(answering: "POST").status == 100)
                try await client.send("hello")
                let wire: RawWire
                if let provider { wire = provider } else { wire = try await fixture.upstream.accept() }
                let request = try await wire.message()
                #expect(request.text == "hello")
                #expect(request.values("expect") == (isHeld ? [] : ["100-continue"]))
                try await wire.send(ScriptedUpstream.answer("{}", [ScriptedUpstream.closing]))
                #expect(try await client.message(answering: "POST").status == 200)
                await wire.close()
                await client.close()
            }
        }
    }

    @Test("A client with a wrong lease is not told to send its body")
    func expectationRefused() async throws {
        try await GatewayFixture.with { fixture in
            let client = try await fixture.session().connect()
            let headers = [
                RawHeader("x-api-key", "sam_lease_0"), RawHeader("Expect", "100-continue"), RawHeader("Content-Length", "5"),
            ]
            try await client.send(RawClient.request("POST", "/anthropic/v1/messages", headers))
            #expect(try await client.message(answering: "POST").status == 401)
            #expect(fixture.upstream.connections == 0)
        }
    }

    @Test("An older client gets a body without chunks, and sees its end")
    func oldClient() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            fixture.upstream.answering(ScriptedUpstream.streamHead + "2\r\n{}\r\n" + ScriptedUpstream.lastChunk)
            try await client.send(
                "POST /anthropic/v1/messages HTTP/1.0\r\nx-api-key: \(door.token)\r\nContent-Length: 2\r\n\r\n{}")
            let bytes = try await client.end()
            let answer = try #require(try RawMessage(bytes, answering: "POST", hasEnded: true))
            #expect(answer.status == 200)
            #expect(answer.values("transfer-encoding") == [])
            #expect(answer.text == "{}")
        }
    }
}
