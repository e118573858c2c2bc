import Testing

@Suite("A client of HTTP/1.0", .timeLimit(.minutes(20)))
struct RelayOldClientTests {
    /// A request in that version.
    private func request(_ door: Door, _ path: String, _ headers: [String] = [], token: String? = nil) -> String {
        let lines = ["POST \(door.prefix)\(path) HTTP/1.0", "x-api-key: \(token ?? door.token)", "Content-Length: 2"] + headers
        return lines.joined(separator: "\r\n") + "\r\n\r\n{}"
    }

    private func answer(_ bytes: [UInt8]) throws -> RawMessage { try #require(try RawMessage(bytes, answering: "POST", hasEnded: true)) }

    @Test(
        "Whatever the provider answers, it is told in their version, and its end is the connection's",
        arguments: [
            ScriptedUpstream.streamHead + "2\r\n{}\r\n" + ScriptedUpstream.lastChunk, ScriptedUpstream.answer("{}"),
            ScriptedUpstream.answer("{}", status: "429 Too Many Requests"), "HTTP/1.1 200 OK\r\n\r\n{}",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ScriptedUpstream.answer("{}"),
        ])
    func relayed(script: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.network()
            fixture.upstream.answering(script)
            let client = try await door.connect()
            try await client.send(request(door, "/anthropic/v1/messages", ["Expect: 100-continue"]))
            if script.hasSuffix("OK\r\n\r\n{}") {
                // Its end is the provider's.
                try await client.sees("{}")
                await (try await fixture.upstream.accept()).close()
            }
            let bytes = try await client.end()
            let message = try answer(bytes)
            #expect(message.start.hasPrefix("HTTP/1.0 ") && message.text == "{}")
            #expect(message.values("transfer-encoding") == [] && message.values("connection") == ["close"])
        }
    }

    @Test("What SAM says itself is in their version too", arguments: ["401", "404", "health", "400"])
    func own(what: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            switch what {
            case "401": try await client.send(request(door, "/anthropic/v1/messages", token: "sam_lease_0"))
            case "404": try await client.send(request(door, "/elsewhere"))
            case "400": try await client.send(request(door, "/anthropic/v1/../x"))
            default: try await client.send("POST /healthz HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
            }
            let message = try answer(try await client.end())
            #expect(message.start.hasPrefix("HTTP/1.0 \(what == "health" ? "200" : what)"), "\(message.start)")
            #expect(message.values("connection") == ["close"])
            #expect(fixture.upstream.connections == 0)
        }
    }

    @Test("One that asks to keep the connection keeps it while lengths are told")
    func kept() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            fixture.upstream.answering { request in
                Array(
                    (request.uri.hasSuffix("last")
                        ? ScriptedUpstream.streamHead + "2\r\n{}\r\n" + ScriptedUpstream.lastChunk : ScriptedUpstream.answer("{}")).utf8)
            }
            for _ in 0..<3 {
                try await client.send(request(door, "/anthropic/v1/messages", ["Connection: keep-alive"]))
                let message = try await client.message(answering: "POST")
                #expect(message.start.hasPrefix("HTTP/1.0 200") && message.values("connection") == ["keep-alive"])
            }
            try await client.send(request(door, "/anthropic/v1/last", ["Connection: keep-alive"]))
            let message = try answer(try await client.end())
            #expect(message.start.hasPrefix("HTTP/1.0 200") && message.values("connection") == ["close"] && message.text == "{}")
        }
    }

    @Test("A request that follows one whose answer ends the connection is not begun")
    func pipelined() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await client.send(request(door, "/anthropic/v1/one") + request(door, "/anthropic/v1/two"))
            let message = try answer(try await client.end())
            #expect(message.status == 200)
            #expect(fixture.upstream.requests.map(\.uri) == ["/v1/one"])
        }
    }
}
