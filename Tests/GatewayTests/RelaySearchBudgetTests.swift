import Accounts
import Metering
import Testing

@Suite("Budgets and searches at the provider", .timeLimit(.minutes(10)))
struct RelaySearchBudgetTests {
    private static let path = "/anthropic/v1/messages"
    private static func body(_ limit: String) -> String {
        #"{"model":"claude-opus-4-5","max_tokens":10,"tools":[{"type":"web_search_20250305","name":"web_search"\#(limit)}]}"#
    }
    private static let answer = ScriptedUpstream.answer(
        #"{"model":"claude-opus-4-5","usage":{"input_tokens":20,"output_tokens":5,"server_tool_use":{"web_search_requests":5}}}"#)

    @Test("What a request may search is held with it, and what it did search is spent")
    func held() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("1", at: .platform)
            let client = try await door.connect()
            try await client.send(door.request(Self.path, body: Self.body(#","max_uses":5"#)))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            let held = try await fixture.reserved()
            #expect(held > Money(rawValue: 50_000_000) && held < Money(rawValue: 60_000_000))
            try await provider.send(Self.answer)
            #expect(try await client.message(answering: "POST").status == 200)
            let row = try #require(try await fixture.rows(1).first)
            #expect(row.state == "exact" && row.usage.webSearches == 5 && row.cost == Money(rawValue: 50_000_000 + 100_000 + 125_000))
            #expect(row.cost <= held)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test(
        "A budget with room for fewer searches than a request allows refuses it",
        arguments: ["", #","max_uses":8"#, #","max_uses":1000000"#])
    func refused(limit: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("0.06", at: .platform)
            fixture.upstream.answering(Self.answer)
            #expect(try await door.ask(Self.path, body: Self.body(limit)).status == 402)
            #expect(fixture.upstream.connections == 0)
            #expect(try await door.ask(Self.path, body: Self.body(#","max_uses":5"#)).status == 200)
            #expect(try await fixture.rows(1).count == 1)
        }
    }

    @Test("However many ask at once, searches do not take a strict budget beyond its limit")
    func crowd() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("0.3", at: .platform)
            fixture.upstream.answering(Self.answer)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await door.ask(Self.path, body: Self.body(#","max_uses":5"#)).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let rows = try await fixture.rows(5)
            #expect(rows.count == 5 && statuses.count { $0 == 200 } == 5 && Set(statuses) == [200, 402])
            #expect(rows.reduce(Money.zero) { $0 + $1.cost } <= Money(rawValue: 300_000_000))
        }
    }

    @Test("A completion with web_search_options that the provider refuses costs nothing")
    func refusedByProvider() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer(#"{"error":{"message":"no"}}"#, status: "400 Bad Request"))
            let body = #"{"model":"gpt-5-search-api","web_search_options":{},"messages":[]}"#
            #expect(try await door.ask("/openai/v1/chat/completions", body: body).status == 400)
            let rows = try await fixture.rows(1)
            #expect(rows.map(\.cost) == [.zero] && rows.map(\.state) == ["exact"])
        }
    }
}
