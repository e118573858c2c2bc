import Accounts
import Gateway
import Metering
import Settings
import Testing

/// What a hostile or careless client or provider writes so that a budget sees less than is spent, or more.
@Suite("Costs that hide", .timeLimit(.minutes(10)))
struct RelayUnseenCostTests {
    private static let path = "/openai/v1/chat/completions"

    private func ask(_ door: Door, _ body: [UInt8], coding: String) async throws -> RawMessage {
        let wire = try await door.connect()
        let headers = [
            RawHeader("Authorization", "Bearer \(door.token)"), RawHeader("Content-Encoding", coding),
            RawHeader("Content-Length", "\(body.count)"),
        ]
        try await wire.send(RawClient.request("POST", door.prefix + Self.path, headers, body: body))
        let answer = try await wire.message(answering: "POST")
        await wire.close()
        return answer
    }

    @Test(
        "What an encoded request may cost is held like that of a plain one, and its body goes out as it came",
        arguments: [BodyCoding.gzip, .deflate, .rawDeflate, .br, .zstd])
    func encoded(coding: BodyCoding) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(
                ScriptedUpstream.answer(#"{"model":"gpt-4.1","usage":{"prompt_tokens":9,"completion_tokens":5}}"#))
            var dice = Dice(seed: 7, exchange: 1)
            let prompt = String(repeating: "0123456789", count: 45_000)
            let dear = coding.encode(Array(#"{"model":"gpt-5.5-pro","max_tokens":128000,"messages":["\#(prompt)"]}"#.utf8), &dice)
            let cheap = coding.encode(Array(#"{"model":"gpt-4.1","max_tokens":100,"messages":[]}"#.utf8), &dice)
            try await fixture.limit("6", at: .user(fixture.member.id))
            let refused = try await ask(door, dear, coding: coding.name)
            #expect(refused.status == 402 && refused.text.contains("insufficient_quota"), "\(refused.everything)")
            #expect(fixture.upstream.connections == 0)
            #expect(try await ask(door, cheap, coding: coding.name).status == 200)
            #expect(fixture.upstream.requests.first?.body == cheap)
            #expect(try await fixture.rows(1).first?.model == "gpt-4.1")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("A request in a coding that can't be read, or that is cut, is refused under a budget and goes through without one")
    func unreadable() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(
                ScriptedUpstream.answer(#"{"model":"gpt-4.1","usage":{"prompt_tokens":9,"completion_tokens":5}}"#))
            var dice = Dice(seed: 7, exchange: 1)
            let body = Array(#"{"model":"gpt-4.1","max_tokens":100}"#.utf8)
            let cut = Array(BodyCoding.gzip.encode(body, &dice).dropLast(12))
            let kinds: [([UInt8], String)] = [(body, "compress"), (cut, "gzip"), (body, "br, gzip, zstd"), ([0, 1, 2, 3], "gzip")]
            for (bytes, coding) in kinds { #expect(try await ask(door, bytes, coding: coding).status == 200, "\(coding)") }
            try await fixture.limit("6", at: .user(fixture.member.id))
            for (bytes, coding) in kinds {
                let refused = try await ask(door, bytes, coding: coding)
                #expect(refused.status == 400 && refused.isRefusal(.openai) && refused.text.contains("content encoding"), "\(coding)")
            }
            #expect(fixture.upstream.requests.count == kinds.count)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test(
        "What ends like the cancelling of a response elsewhere is an unknown path like any other: it is booked, and holds nothing afterwards",
        arguments: [
            "/anthropic/v1/responses/r/cancel", "/mistral/v1/responses/r/cancel", "/custom/house/api/responses/r/cancel",
            "/openai/v1/foo/responses/r/cancel",
        ])
    func cancelling(path: String) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}", status: "404 Not Found"))
            let door = try await fixture.session()
            try await fixture.limit("100", at: .user(fixture.member.id))
            try await fixture.settings.set(.unmeteredPaths, to: "estimate", at: .project(fixture.project), by: fixture.owner.id)
            fixture.gateway.forget()
            #expect(try await door.ask(path, body: #"{"model":"x"}"#).status == 404)
            let rows = try await fixture.rows(1)
            #expect(rows.map(\.cost) == [.zero])
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("A cost beyond all sense is not taken from a provider, and sums stay whole")
    func absurd() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(
                ScriptedUpstream.answer(#"{"model":"gpt-4.1","usage":{"prompt_tokens":9,"completion_tokens":5,"cost":10000000}}"#))
            for _ in 0..<3 { #expect(try await door.ask("/custom/house/v1/chat/completions", body: #"{"model":"gpt-4.1"}"#).status == 200) }
            let rows = try await fixture.rows(3)
            #expect(rows.allSatisfy { $0.cost < Money(rawValue: 1_000_000_000) && $0.cost > .zero })
        }
    }
}
