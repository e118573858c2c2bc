import Accounts
import Gateway
import Metering
import Settings
import Store
import Testing

@Suite("Models without a price")
struct RelayPriceTests {
    private static let path = "/custom/house/v1/chat/completions"
    private static let answer = #"{"model":"llama3:8b","usage":{"prompt_tokens":1000,"completion_tokens":100}}"#

    private static func body(_ model: String) -> String { #"{"model":"\#(model)","max_tokens":100}"# }

    private func choose(_ word: String, at owner: ScopeOwner, _ fixture: GatewayFixture) async throws {
        try await fixture.settings.set(.unpricedModels, to: word, at: owner, by: fixture.owner.id)
        fixture.gateway.forget()
    }

    private func price(_ model: String, _ rates: Rates, _ fixture: GatewayFixture) async throws {
        let book = ProjectPriceBook(store: fixture.store, accounts: fixture.accounts, now: { GatewayFixture.now })
        try await book.set(rates, of: model, in: fixture.project, by: fixture.owner)
        fixture.gateway.forget()
    }

    @Test("Are estimated unless a setting says otherwise, at a local address not like the dearest there is")
    func estimated() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer(Self.answer))
            try await fixture.limit("1", at: .platform)
            // Without a limit of its own a short request fits under a small budget.
            #expect(try await door.ask(Self.path, body: #"{"model":"llama3:8b"}"#).status == 200)
            let row = try #require(try await fixture.rows().first)
            #expect(row.state == "estimated" && row.cost > .zero && row.cost < Money(rawValue: 10_000_000), "\(row)")
            #expect(row.cost == fixture.ledger.prices.median.cost(of: row.usage))
        }
    }

    enum Model: CaseIterable { case unknown, similar, none }

    @Test(
        "Are refused where a layer says so, in the provider's shape, with both ways out, under a budget or none", arguments: Model.allCases)
    func refused(model: Model) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer(Self.answer))
            try await choose("refuse", at: .project(fixture.project), fixture)
            let body =
                switch model {
                case .unknown: Self.body("never-heard-of")
                case .similar: Self.body("gpt-5.4-ultra")
                case .none: "{}"
                }
            for door in [try await fixture.session(), try await fixture.network()] {
                for limit in [nil, "100"] {
                    if let limit { try await fixture.limit(limit, at: .platform) }
                    for (path, dialect) in RelayFailureTests.paths where !path.contains("google") {
                        let answer = try await door.ask(path, body: body)
                        #expect(answer.status == 403 && answer.isRefusal(dialect), "\(path): \(answer.everything)")
                        #expect(answer.text.contains("sam prices set") && answer.text.contains("gateway.unpricedModels estimate"))
                    }
                }
            }
            #expect(fixture.upstream.requests.isEmpty)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    /// How a response is told.
    enum Way: CaseIterable { case plain, streamed, fetched }

    @Test(
        "A project's own price for the model that was asked for counts whatever name the answer gives it", arguments: Way.allCases,
        ["gpt-5.5", "gpt-5.5-2026-10-01", "gpt-5.5-latest", "house-alias-7"])
    func ownPrice(way: Way, answered: String) async throws {
        try await GatewayFixture.with { fixture in
            try await price("gpt-5.5", Rates(input: 1_000_000_000, output: 10_000_000_000), fixture)
            try await fixture.limit("10", at: .platform)
            let door = try await fixture.session()
            func response(_ status: String, _ usage: String = "null") -> String {
                #"{"id":"resp_1","status":"\#(status)","background":\#(way == .fetched),"model":"\#(answered)","usage":\#(usage)}"#
            }
            let end = response("completed", #"{"input_tokens":1000,"output_tokens":500}"#)
            let path = "/openai/v1/responses"
            switch way {
            case .plain:
                fixture.upstream.answering(ScriptedUpstream.answer(end))
                #expect(try await door.ask(path, body: #"{"model":"gpt-5.5","max_output_tokens":1000}"#).status == 200)
            case .streamed:
                let event = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":\(end)}\n\n"
                fixture.upstream.answering(ScriptedUpstream.answer(event, type: "text/event-stream"))
                #expect(try await door.ask(path, body: #"{"model":"gpt-5.5","max_output_tokens":1000,"stream":true}"#).status == 200)
            case .fetched:
                fixture.upstream.answering(ScriptedUpstream.answer(response("queued"), [ScriptedUpstream.closing]))
                #expect(try await door.ask(path, body: #"{"model":"gpt-5.5","max_output_tokens":1000,"background":true}"#).status == 200)
                fixture.upstream.answering(ScriptedUpstream.answer(end))
                #expect(try await door.ask(path + "/resp_1", method: "GET", body: nil).status == 200)
            }
            let row = try #require(try await fixture.rows(1).first)
            #expect(row.usage == TokenUsage(input: 1_000, output: 500), "\(row)")
            let costs = try await fixture.store.read {
                try $0.query("SELECT project_cost_nano FROM usage").map { try $0.optionalInteger("project_cost_nano") }
            }
            // $1 and $10 a million tokens.
            #expect(costs == [6_000_000])
            #expect(row.cost != Money(rawValue: 6_000_000), "The platform's budget counts by the list")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test(
        "A custom provider's impossible counts are an estimate that says why, and use up no budget",
        arguments: ["1000000000000000", "1000000000000", "60000000000"])
    func impossible(count: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("10", at: .platform)
            for usage in [#""prompt_tokens":\#(count),"completion_tokens":5"#, #""prompt_tokens":5,"completion_tokens":\#(count)"#] {
                let body = #"{"model":"deepseek-chat","usage":{\#(usage)}}"#
                fixture.upstream.answering(ScriptedUpstream.answer(body, [ScriptedUpstream.closing]))
                #expect(try await door.ask(Self.path, body: Self.body("deepseek-chat")).status == 200)
            }
            fixture.upstream.answering(
                ScriptedUpstream.answer(#"{"model":"deepseek-chat","usage":{"prompt_tokens":12,"completion_tokens":7}}"#))
            #expect(try await door.ask(Self.path, body: Self.body("deepseek-chat")).status == 200)
            let rows = try await fixture.rows(3)
            #expect(rows.map(\.state) == ["estimated", "estimated", "exact"], "\(rows)")
            #expect(rows.allSatisfy { $0.cost < Money(rawValue: 10_000_000) && $0.usage.total < 200 }, "\(rows)")
            let why = try await fixture.store.read {
                try $0.query("SELECT why FROM usage WHERE why IS NOT NULL").map { try $0.text("why") }
            }
            #expect(why == ["implausible", "implausible"])
        }
    }

    @Test("Are no models with a price: of the list, of the project itself; nor a request that calls no model")
    func priced() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer(Self.answer))
            try await choose("refuse", at: .platform, fixture)
            #expect(try await door.ask(Self.path, body: Self.body("llama3:8b")).status == 403)
            for (path, model) in [
                ("/openai/v1/chat/completions", "gpt-5.4-pro"), (Self.path, "deepseek-flash"), (Self.path, "anthropic/claude-opus-4.5"),
                ("/anthropic/v1/messages", "claude-opus-5-5"), ("/mistral/v1/chat/completions", "mistral-vibe-cli-latest"),
            ] {
                #expect(try await door.ask(path, body: Self.body(model)).status == 200, "\(model)")
            }
            #expect(try await door.ask("/google/v1beta/models/gemini-3.1-pro-preview:generateContent").status == 200)
            #expect(try await door.ask("/openai/v1/models", method: "GET", body: nil).status == 200)
            try await price("llama3:8b", Rates(input: 1_000_000_000, output: 2_000_000_000), fixture)
            #expect(try await door.ask(Self.path, body: Self.body("llama3:8b")).status == 200)
        }
    }

    @Test(
        "The narrowest layer that speaks decides",
        arguments: [
            (nil, nil, "refuse", 403), (nil, "estimate", "refuse", 200), ("refuse", "estimate", nil, 403),
            ("estimate", "refuse", "refuse", 200), (nil, nil, nil, 200),
        ] as [(String?, String?, String?, Int)])
    func layers(project: String?, user: String?, platform: String?, status: Int) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer(Self.answer))
            let words: [(String?, ScopeOwner)] = [
                (project, .project(fixture.project)), (user, .user(fixture.member.id)), (platform, .platform),
            ]
            for (word, owner) in words { if let word { try await choose(word, at: owner, fixture) } }
            #expect(try await door.ask(Self.path, body: Self.body("llama3:8b")).status == status)
        }
    }

    @Test("A project's own price never loosens a broader layer's budget")
    func broader() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(
                ScriptedUpstream.answer(#"{"model":"gpt-5.4-pro","usage":{"prompt_tokens":1000,"completion_tokens":100}}"#))
            try await price("gpt-5.4-pro", Rates(input: 1, output: 1), fixture)
            for owner in [ScopeOwner.user(fixture.member.id), .platform] {
                try await fixture.limit("0.01", at: owner)
                #expect(try await door.ask("/openai/v1/chat/completions", body: Self.body("gpt-5.4-pro")).status == 402)
                try await fixture.limit("100", at: owner)
                #expect(try await door.ask("/openai/v1/chat/completions", body: Self.body("gpt-5.4-pro")).status == 200)
            }
            let rows = try await fixture.rows(2)
            #expect(rows.allSatisfy { $0.cost.rawValue == 48_000_000 && $0.state == "exact" }, "\(rows)")
        }
    }
}
