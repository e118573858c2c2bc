import Accounts
import Credentials
import Metering
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("Responses in the background", .timeLimit(.minutes(20)))
struct RelayBackgroundTests {
    private static let path = "/openai/v1/responses"
    private static let body = #"{"model":"gpt-5","background":true,"max_output_tokens":1000,"input":"Hello"}"#
    private static let usage = #"{"input_tokens":100,"output_tokens":20}"#

    private static func response(_ status: String, usage: String = "null", background: String = "true") -> String {
        #"{"id":"resp_1","object":"response","status":"\#(status)","background":\#(background),"model":"gpt-5","output":[{"id":"m","status":"completed"}],"usage":\#(usage)}"#
    }

    private static func events(_ status: String, _ usage: String) -> String {
        let type = "response.\(status == "queued" ? "created" : status)"
        return "event: \(type)\ndata: {\"type\":\"\(type)\",\"response\":\(response(status, usage: usage))}\n\n"
    }

    private func begin(_ fixture: GatewayFixture) async throws -> Door {
        let door = try await fixture.session()
        try await fixture.limit("10", at: .platform)
        fixture.upstream.answering(ScriptedUpstream.answer(Self.response("queued"), [ScriptedUpstream.closing]))
        #expect(try await door.ask(Self.path, body: Self.body).status == 200)
        #expect(try await rows(fixture).isEmpty)
        #expect(try await fixture.reserved() > .zero)
        return door
    }

    private func rows(_ fixture: GatewayFixture) async throws -> [(input: Int, output: Int, state: String, why: String?)] {
        await fixture.ledger.flush()
        return try await fixture.store.read { transaction in
            try transaction.query("SELECT * FROM usage").map {
                (try $0.integer("input"), try $0.integer("output"), try $0.text("state"), try $0.optionalText("why"))
            }
        }
    }

    /// A way to be told that it is over.
    struct Way: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var method = "GET"
        var path = "/resp_1"
        var type = "application/json"
        var answer: String
    }

    static let ways =
        ["completed", "incomplete", "failed", "cancelled"].map { Way(testDescription: $0, answer: response($0, usage: usage)) } + [
            Way(testDescription: "cancelled by this", method: "POST", path: "/resp_1/cancel", answer: response("cancelled", usage: usage)),
            Way(
                testDescription: "streamed", path: "/resp_1?stream=true&starting_after=3", type: "text/event-stream",
                answer: events("queued", "null") + events("completed", usage)),
        ]

    @Test("It is held back until it is fetched, and booked once, however often and by however many at once it is fetched", arguments: ways)
    func fetched(way: Way) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await begin(fixture)
            fixture.upstream.answering(ScriptedUpstream.answer(Self.response("in_progress"), [ScriptedUpstream.closing]))
            _ = try await door.ask(Self.path + "/resp_1", method: "GET", body: nil)
            #expect(try await rows(fixture).isEmpty, "It goes on")

            fixture.upstream.answering(ScriptedUpstream.answer(way.answer, type: way.type, [ScriptedUpstream.closing]))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await door.ask(Self.path + way.path, method: way.method, body: way.method == "GET" ? nil : "").status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            let rows = try await rows(fixture)
            #expect(rows.count == 1 && rows[0].input == 100 && rows[0].output == 20 && rows[0].state == "exact", "\(rows)")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("One of a person's key is booked once when it is fetched through another server at once, whichever of them writes first")
    func anotherServer() async throws {
        try await GatewayFixture.with { fixture in
            let (gateway, ledger) = try await fixture.anotherServer()
            let door = try await fixture.network()
            var other = door
            other.socket = try await fixture.listen(at: .network, of: gateway)
            try await fixture.limit("10", at: .platform)
            for number in 1...12 {
                func response(_ status: String, usage: String) -> String {
                    ScriptedUpstream.answer(
                        Self.response(status, usage: usage).replacing("resp_1", with: "resp_\(number)"), [ScriptedUpstream.closing])
                }
                fixture.upstream.answering(response("queued", usage: "null"))
                #expect(try await door.ask(Self.path, body: Self.body).status == 200)
                fixture.upstream.answering(response("completed", usage: Self.usage))
                #expect(try await other.ask(Self.path + "/resp_\(number)", method: "GET", body: nil).status == 200)
                if number.isMultiple(of: 2) { await fixture.ledger.flush() }
                await ledger.flush()
            }
            let rows = try await rows(fixture)
            #expect(rows.count == 12 && rows.allSatisfy { $0.input == 100 && $0.output == 20 && $0.state == "exact" }, "\(rows)")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("A response that was not in the background leaves nothing when it is fetched", arguments: ["true", "false", "null"])
    func ordinary(background: String) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let answer = Self.response("completed", usage: Self.usage, background: background)
            fixture.upstream.answering(ScriptedUpstream.answer(answer, [ScriptedUpstream.closing]))
            for number in 1...3 { _ = try await door.ask(Self.path + "/resp_\(number)", method: "GET", body: nil) }
            #expect(try await rows(fixture).isEmpty)
            let kept = try await fixture.store.read { try $0.query("SELECT 1 AS one FROM fetched_responses").count }
            #expect(kept == (background == "true" ? 3 : 0))
        }
    }

    @Test("One whose answer does not say that it was in the background is booked for the request that began it")
    func unsaid() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await begin(fixture)
            let answer = Self.response("completed", usage: Self.usage, background: "null")
            fixture.upstream.answering(ScriptedUpstream.answer(answer, [ScriptedUpstream.closing]))
            _ = try await door.ask(Self.path + "/resp_1", method: "GET", body: nil)
            let rows = try await rows(fixture)
            #expect(rows.count == 1 && rows[0].input == 100 && rows[0].state == "exact", "\(rows)")
        }
    }

    @Test("One that failed and used nothing costs nothing")
    func failed() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await begin(fixture)
            fixture.upstream.answering(ScriptedUpstream.answer(Self.response("failed"), [ScriptedUpstream.closing]))
            _ = try await door.ask(Self.path + "/resp_1", method: "GET", body: nil)
            let rows = try await rows(fixture)
            #expect(rows.count == 1 && rows[0].input == 0 && rows[0].output == 0 && rows[0].state == "exact", "\(rows)")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("Another session that fetches it books nothing; an error or an answer that breaks off books nothing either")
    func notFetched() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await begin(fixture)
            let whole = Self.response("completed", usage: Self.usage)
            fixture.upstream.answering(ScriptedUpstream.answer(whole, [ScriptedUpstream.closing]))
            _ = try await fixture.session("s_2").ask(Self.path + "/resp_1", method: "GET", body: nil)
            _ = try await fixture.network().ask(Self.path + "/resp_1", method: "GET", body: nil)
            fixture.upstream.answering(ScriptedUpstream.answer(whole, status: "404 Not Found", [ScriptedUpstream.closing]))
            _ = try await door.ask(Self.path + "/resp_1", method: "GET", body: nil)
            #expect(try await rows(fixture).isEmpty)
            #expect(try await fixture.reserved() > .zero)
        }
    }

    @Test("At the session's end it is an estimate", arguments: [true, false])
    func sessionEnd(isEndedBefore: Bool) async throws {
        try await GatewayFixture.with { fixture in
            let reference = SessionReference(rawValue: "s_1")
            if isEndedBefore {
                let door = try await fixture.session()
                try await fixture.limit("10", at: .platform)
                let client = try await door.connect()
                try await client.send(door.request(Self.path, body: Self.body))
                let wire = try await fixture.upstream.accept()
                _ = try await wire.message()
                try await fixture.store.write { [gateway = fixture.gateway] in try gateway.leases.end(reference, in: $0) }
                try await wire.send(ScriptedUpstream.answer(Self.response("queued")))
                _ = try await client.message(answering: "POST")
            } else {
                _ = try await begin(fixture)
                try await fixture.store.write { [gateway = fixture.gateway] in try gateway.leases.end(reference, in: $0) }
            }
            try await eventually("it is booked") {
                try await fixture.ledger.bookUnfetched()
                return try await self.rows(fixture).isEmpty ? nil : ()
            }
            let rows = try await self.rows(fixture)
            #expect(rows.count == 1 && rows[0].state == "estimated" && rows[0].why == "unfetched", "\(rows)")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test(
        "At the session's end the estimate is at the dearer tier that was asked for",
        arguments: [("", 1), (#""service_tier":"flex","#, 1), (#""service_tier":"priority","#, 2)])
    func tier(asked: String, factor: Int64) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("10", at: .platform)
            fixture.upstream.answering(ScriptedUpstream.answer(Self.response("queued"), [ScriptedUpstream.closing]))
            let body = #"{\#(asked)"model":"gpt-5","background":true,"max_output_tokens":1000,"input":"Hello"}"#
            #expect(try await door.ask(Self.path, body: body).status == 200)
            await fixture.ledger.flush()
            try await fixture.store.write { [gateway = fixture.gateway] in
                try gateway.leases.end(SessionReference(rawValue: "s_1"), in: $0)
            }
            try await fixture.ledger.bookUnfetched()
            let row = try #require(try await fixture.rows(1).first)
            let usage = TokenUsage(input: body.utf8.count / 4 + 1, output: 1_000)
            #expect(row.usage == usage && row.state == "estimated")
            #expect(row.cost.rawValue == fixture.ledger.prices.quote(of: "gpt-5", at: "openai").price.cost(of: usage).rawValue * factor)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("One that is told to its end by the request that began it is booked by that")
    func streamed() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("10", at: .platform)
            fixture.upstream.answering(
                ScriptedUpstream.answer(Self.events("queued", "null") + Self.events("completed", Self.usage), type: "text/event-stream"))
            _ = try await door.ask(Self.path, body: #"{"model":"gpt-5","background":true,"stream":true,"input":"Hello"}"#)
            let rows = try await rows(fixture)
            #expect(rows.count == 1 && rows[0].input == 100 && rows[0].state == "exact", "\(rows)")
            #expect(try await fixture.reserved() == .zero)
        }
    }
}
