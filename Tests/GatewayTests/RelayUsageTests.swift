import Accounts
import Gateway
import Metering
import Store
import TestSupport
import Testing

/// A row of the ledger.
struct UsageRow: Sendable, Hashable {
    var request: String
    var provider: String
    var scope: String?
    var session: String?
    var key: String?
    var model: String?
    var status: Int
    var usage: TokenUsage
    var cost: Money
    var state: String

    init(_ row: Row) throws {
        request = try row.text("request_id")
        provider = try row.text("provider")
        scope = try row.optionalText("scope")
        session = try row.optionalText("session_id")
        key = try row.optionalText("key_id")
        model = try row.optionalText("model")
        status = try row.integer("status")
        usage = TokenUsage(
            input: try row.integer("input"), cacheRead: try row.integer("cache_read"), cacheWrite: try row.integer("cache_write"),
            cacheWriteLong: try row.integer("cache_write_long"), output: try row.integer("output"),
            reasoning: try row.integer("reasoning"), webSearches: try row.integer("web_searches"))
        cost = Money(rawValue: Int64(try row.integer("cost_nano")))
        state = try row.text("state")
    }
}

extension GatewayFixture {
    /// The ledger's rows, in the order in which they were written.
    func rows() async throws -> [UsageRow] {
        await ledger.flush()
        return try await store.read { try $0.query("SELECT * FROM usage ORDER BY rowid").map(UsageRow.init) }
    }

    /// The rows once there are so many; a row that follows late is among them.
    func rows(_ count: Int) async throws -> [UsageRow] {
        _ = try await eventually("\(count) rows") { try await rows().count >= count ? () : nil }
        return try await rows()
    }

    func price(of model: String, _ usage: TokenUsage) throws -> Money {
        try #require(ledger.prices.price(of: model)).cost(of: usage)
    }
}

/// An answer as a provider sends it, and what it used.
struct MeteredAnswer: Sendable, CustomTestStringConvertible {
    var name: String
    var path: String
    var request = #"{"model":"asked-for","stream":true}"#
    var model: String
    var usage: TokenUsage
    /// How many of its parts tell everything, for who reads no further; `nil` for all of them and an end in order.
    var toldAfter: Int?
    var isStream = true
    var parts: [String]

    var testDescription: String { name }
    var provider: String { path.split(separator: "/")[0].description }
}

@Suite("What the ledger says of an answer", .timeLimit(.minutes(20)))
struct RelayUsageTests {
    @Test("One row, with exactly what the provider told, at that model's price", arguments: MeteredAnswer.all)
    func exact(answer: MeteredAnswer) async throws {
        try await GatewayFixture.with { fixture in
            let doors = [try await fixture.network(), try await fixture.session("s_7")]
            let body = answer.parts.joined()
            fixture.upstream.answering(ScriptedUpstream.answer(body, type: answer.isStream ? "text/event-stream" : "application/json"))
            for door in doors {
                let got = try await door.ask(answer.path, body: answer.request)
                #expect(got.text == body)
            }
            let rows = try await fixture.rows(2)
            #expect(rows.count == 2)
            for row in rows {
                #expect(row.usage == answer.usage)
                #expect(row.cost == (try fixture.price(of: answer.model, answer.usage)))
                #expect(row.state == "exact")
                #expect(row.model == answer.model)
                #expect(row.status == 200)
                #expect(row.provider == answer.provider)
            }
            #expect(Set(rows.map(\.request)).count == 2)
            #expect(rows.map(\.session) == [nil, "s_7"])
            #expect(rows.map(\.key) == [doors[0].key?.rawValue, nil])
        }
    }

    @Test("The model in Google's path sets the price of an answer that names none")
    func modelInPath() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let usage = #"{"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":50}}"#
            fixture.upstream.answering(ScriptedUpstream.answer(usage))
            for model in ["gemini-2.5-pro", "gemini-2.5-flash"] {
                #expect(try await door.ask("/google/v1beta/models/\(model):generateContent").status == 200)
                let row = try #require(try await fixture.rows().last)
                #expect(row.cost == (try fixture.price(of: model, TokenUsage(input: 1_000, output: 50))))
                #expect(row.state == "exact")
            }
            #expect(try await fixture.rows(2).map(\.model) == ["gemini-2.5-pro", "gemini-2.5-flash"])
        }
    }

    @Test("A model that is on no list costs as its provider's dearest, and an answer that tells nothing is estimated: both are flagged")
    func unknown() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering { request in
                let usage = request.uri.contains("told") ? #","usage":{"input_tokens":10,"output_tokens":20}"# : ""
                return Array(ScriptedUpstream.answer(#"{"model":"never-heard-of"\#(usage)}"#).utf8)
            }
            for path in ["/anthropic/v1/messages?told", "/anthropic/v1/messages", "/anthropic/v9/unheard-of"] {
                #expect(try await door.ask(path, body: #"{"model":"never-heard-of"}"#).status == 200)
            }
            let rows = try await fixture.rows(3)
            #expect(rows.map(\.state) == ["estimated", "estimated", "estimated"])
            #expect(rows[0].usage == TokenUsage(input: 10, output: 20))
            #expect(rows[0].cost == fixture.ledger.prices.quote(of: "never-heard-of", at: "anthropic").price.cost(of: rows[0].usage))
            #expect(rows.allSatisfy { $0.cost > .zero })
        }
    }

    @Test("Errors cost nothing", arguments: [400, 401, 403, 404, 413, 429, 500, 503, 529])
    func errors(status: Int) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer(#"{"type":"error","error":{"message":"no"}}"#, status: "\(status) No"))
            for path in ["/anthropic/v1/messages", "/openai/v1/chat/completions", "/google/v1beta/models/gemini-2.5-pro:generateContent"] {
                #expect(try await door.ask(path, body: #"{"model":"gpt-4.1","max_tokens":1000}"#).status == status)
            }
            let rows = try await fixture.rows(3)
            #expect(rows.map(\.status) == [status, status, status])
            #expect(rows.allSatisfy { $0.cost == .zero && $0.usage == TokenUsage() })
        }
    }

    @Test("Counting tokens and looking things up are free, and so is what SAM refuses")
    func free() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer(#"{"input_tokens":2095,"usage":{"input_tokens":9,"output_tokens":9}}"#))
            let asked = [
                ("POST", "/anthropic/v1/messages/count_tokens"), ("GET", "/anthropic/v1/models?limit=1000"),
                ("HEAD", "/anthropic/api/hello"),
                ("POST", "/google/v1beta/models/gemini-2.5-pro:countTokens"), ("GET", "/openai/v1/responses/resp_1"),
            ]
            for (method, path) in asked {
                #expect(try await door.ask(path, method: method, body: method == "POST" ? "{}" : nil).status == 200, "\(path)")
            }
            var stranger = door
            stranger.token = "sam_lease_0"
            #expect(try await stranger.ask("/anthropic/v1/messages").status == 401)
            // A paid one at the end: what the others could have written stands before it.
            fixture.gateway.forget()
            #expect(try await door.ask("/anthropic/v1/messages", body: #"{"model":"claude-haiku-4-5"}"#).status == 200)
            let rows = try await eventually("a row that costs") {
                let rows = try await fixture.rows()
                return rows.contains { $0.cost > .zero } ? rows : nil
            }
            #expect(rows.filter { $0.cost > .zero }.count == 1)
            #expect(rows.count <= asked.count + 1)
        }
    }
}
