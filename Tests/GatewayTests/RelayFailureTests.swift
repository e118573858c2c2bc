import Accounts
import Credentials
import Foundation
import Metering
import Testing

extension RawMessage {
    /// Whether it is an error of SAM's own in the shape that the provider's clients understand, with a sentence in it.
    func isRefusal(_ dialect: Dialect) -> Bool {
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            let error = object["error"] as? [String: Any], let sentence = error["message"] as? String, !sentence.isEmpty
        else { return false }
        let isShaped =
            switch dialect {
            case .anthropic: object["type"] as? String == "error" && error["type"] is String
            case .openai: error["type"] is String
            case .google: error["code"] as? Int == status && error["status"] is String
            }
        return isShaped && values("content-type").first?.hasPrefix("application/json") ?? false
    }
}

@Suite("When a provider fails", .timeLimit(.minutes(20)))
struct RelayFailureTests {
    static let paths: [(String, Dialect)] = [
        ("/anthropic/v1/messages", .anthropic), ("/openai/v1/responses", .openai), ("/mistral/v1/chat/completions", .openai),
        ("/google/v1beta/models/gemini-2.5-pro:generateContent", .google), ("/custom/house/v1/chat/completions", .openai),
    ]

    @Test("A provider that can't be reached is an error in its own shape, and costs nothing", arguments: RelayFailureTests.paths)
    func unreachable(path: String, dialect: Dialect) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("100", at: .platform)
            let client = try await door.connect()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await client.send(door.request(path))
            #expect(try await client.message(answering: "POST").status == 200)
            let spent = try await fixture.rows(1).map(\.cost)

            try await ScriptedUpstream.with { gone in
                for provider in ["anthropic", "openai", "mistral", "google", "custom-house"] {
                    try await fixture.point(try .init(parsing: provider), at: gone.url)
                }
                try await gone.stopListening()
            }
            try await client.send(door.request(path))
            let answer = try await client.message(answering: "POST")
            #expect((500..<600).contains(answer.status))
            #expect(answer.isRefusal(dialect))
            #expect(!answer.everything.contains(GatewayFixture.secret("anthropic")))
            #expect(try await fixture.rows().reduce(.zero) { $0 + $1.cost } == spent[0])
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("A provider that hangs up before it answers is not asked again", arguments: RelayFailureTests.paths)
    func hangsUp(path: String, dialect: Dialect) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request(path))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            await provider.close()
            let answer = try await client.message(answering: "POST")
            #expect((500..<600).contains(answer.status))
            #expect(answer.isRefusal(dialect))
            // What the provider did with the request is not known, and unknown is never free.
            let rows = try await fixture.rows(1)
            #expect(rows.count == 1)
            #expect(rows[0].state == "estimated")
            #expect(fixture.upstream.connections == 1)

            // The client's connection is as good as before.
            fixture.upstream.answering(ScriptedUpstream.answer("again"))
            try await client.send(door.request(path))
            #expect(try await client.message(answering: "POST").text == "again")
        }
    }

    @Test(
        "An answer that is not HTTP is a failure",
        arguments: [
            "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 99999 OK\r\n\r\n",
        ])
    func nonsense(text: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            try await provider.send(text)
            let answer = try await client.message(answering: "POST")
            #expect((500..<600).contains(answer.status))
            #expect(answer.isRefusal(.anthropic))
            try await provider.end()
        }
    }

    @Test("A connection that the provider has closed while it was idle is not used")
    func stale() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let first = try await fixture.upstream.accept()
            _ = try await first.message()
            try await first.send(ScriptedUpstream.answer("1"))
            #expect(try await client.message(answering: "POST").text == "1")

            // While it is open it is used again.
            try await client.send(door.request("/anthropic/v1/messages"))
            _ = try await first.message()
            try await first.send(ScriptedUpstream.answer("2"))
            #expect(try await client.message(answering: "POST").text == "2")
            #expect(fixture.upstream.connections == 1)

            try await first.endSending()
            try await first.end()
            try await client.send(door.request("/anthropic/v1/messages"))
            let second = try await fixture.upstream.accept()
            _ = try await second.message()
            try await second.send(ScriptedUpstream.answer("3"))
            #expect(try await client.message(answering: "POST").text == "3")
        }
    }

    @Test("A provider that answers twice gets no connection again, and no client gets the second answer", arguments: [true, false])
    func twoAnswers(areTogether: Bool) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let poison = ScriptedUpstream.answer("meant for somebody else")
            try await provider.send(ScriptedUpstream.answer("mine") + (areTogether ? poison : ""))
            #expect(try await client.message(answering: "POST").text == "mine")
            if !areTogether { try await provider.send(poison) }
            try await provider.end()

            fixture.upstream.answering(ScriptedUpstream.answer("next"))
            try await client.send(door.request("/anthropic/v1/messages"))
            #expect(try await client.message(answering: "POST").text == "next")
        }
    }

    @Test("An answer that comes before the request is complete reaches the client at once", arguments: [200, 400, 413])
    func early(status: Int) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let client = try await door.connect()
            let body = String(repeating: "x", count: 1 << 20)
            let request = door.request("/anthropic/v1/messages", body: body)
            try await client.send(Array(request.dropLast(1 << 19)))
            let provider = try await fixture.upstream.accept()
            try await provider.sees("xxxx")
            try await provider.send(ScriptedUpstream.answer("too much", status: "\(status) Early"))
            let answer = try await client.message(answering: "POST")
            #expect(answer.status == status)
            #expect(answer.text == "too much")
            #expect(try await fixture.rows(1).count == 1)

            // The rest must not be taken for the beginning of something.
            try? await client.send(Array(request.suffix(1 << 19)))
            fixture.upstream.answering(ScriptedUpstream.answer("next"))
            #expect(try await door.ask("/anthropic/v1/messages", body: "second").text == "next")
            #expect(fixture.upstream.requests.map(\.text) == ["second"])
            #expect(try await fixture.rows(2).count == 2)
        }
    }
}
