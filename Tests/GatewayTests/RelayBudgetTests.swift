import Accounts
import Credentials
import Gateway
import Metering
import Settings
import TestSupport
import Testing

extension GatewayFixture {
    /// Sets a month's budget, in dollars.
    func limit(_ dollars: String, at owner: ScopeOwner) async throws {
        try await budgets.set(try Money(parsing: dollars), per: .month, at: owner, by: owner == .user(member.id) ? member : self.owner)
        gateway.forget()
    }

    /// Sets how long requests wait for money that is held.
    func budgetWait(_ seconds: String) async throws {
        try await settings.set(.budgetWait, to: seconds, at: .platform, by: owner.id)
        gateway.forget()
    }

    /// What is held back for requests under way, in all budgets together.
    func reserved() async throws -> Money {
        await ledger.flush()
        return try await budgets.list(for: owner).reduce(.zero) { $0 + $1.reserved }
    }
}

@Suite("Budgets, before a request is made and after", .timeLimit(.minutes(20)))
struct RelayBudgetTests {
    private static let path = "/anthropic/v1/messages"
    private static let body = #"{"model":"claude-haiku-4-5","max_tokens":1000}"#
    /// As much as the request allows: five thousandths of a dollar, and a little for the input.
    private static let answer = #"{"model":"claude-haiku-4-5","usage":{"input_tokens":12,"output_tokens":1000}}"#

    @Test("A thousand requests at once spend no more than there is, and those that are refused hear until when")
    func crowd() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("0.1", at: .platform)
            fixture.upstream.answering(ScriptedUpstream.answer(Self.answer))
            // All are connected before the first one asks.
            var clients: [RawWire] = []
            for _ in 0..<1_000 { clients.append(try await door.connect()) }
            let request = door.request(Self.path, body: Self.body)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in clients { group.addTask { try await client.send(request) } }
                try await group.waitForAll()
            }
            var answers: [RawMessage] = []
            for client in clients { answers.append(try await client.message(answering: "POST")) }
            for client in clients { await client.close() }

            let (granted, refused) = (answers.filter { $0.status == 200 }, answers.filter { $0.status != 200 })
            #expect(!granted.isEmpty)
            #expect(granted.count + refused.count == 1_000)
            let rows = try await fixture.rows(granted.count)
            #expect(rows.count == granted.count)
            #expect(fixture.upstream.requests.count == granted.count)
            let spent = rows.reduce(Money.zero) { $0 + $1.cost }
            #expect(spent <= (try Money(parsing: "0.1")))
            // There was room for more than half of it at the very least: a request costs a twentieth.
            #expect(spent > (try Money(parsing: "0.05")))
            try #require(!refused.isEmpty)
            #expect(Set(refused.map(\.status)).count == 1)
            #expect((400..<500).contains(refused[0].status))
            #expect(refused.allSatisfy { $0.isRefusal(.anthropic) && $0.text.contains("2026-04-01") }, "\(refused[0].everything)")
            #expect(try await fixture.reserved() == .zero)
        }
    }

    enum Layer: CaseIterable { case platform, user, project }

    @Test("Each layer's budget refuses by itself, in the shape of who was asked", arguments: Layer.allCases)
    func layers(layer: Layer) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer(Self.answer))
            let owner: ScopeOwner =
                switch layer {
                case .platform: .platform
                case .user: .user(fixture.member.id)
                case .project: .project(fixture.project)
                }
            for door in [try await fixture.session(), try await fixture.network()] {
                for other in [ScopeOwner.platform, .user(fixture.member.id), .project(fixture.project)] {
                    try await fixture.limit("100", at: other)
                }
                #expect(try await door.ask(Self.path, body: Self.body).status == 200)
                _ = try await fixture.rows()
                let reached = fixture.upstream.requests.count
                try await fixture.limit("0.000001", at: owner)
                for (path, dialect) in RelayFailureTests.paths {
                    let answer = try await door.ask(path, body: Self.body)
                    #expect((400..<500).contains(answer.status), "\(path)")
                    #expect(answer.isRefusal(dialect), "\(path)")
                    #expect(answer.text.contains("2026-04-01"), "\(answer.text)")
                }
                #expect(fixture.upstream.requests.count == reached)
                #expect(try await fixture.reserved() == .zero)
            }
        }
    }

    @Test("What is not spent is there again when the answer is")
    func givenBack() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            // Room for one such request and not for two.
            try await fixture.limit("0.008", at: .project(fixture.project))
            try await fixture.budgetWait("0")
            let client = try await door.connect()
            try await client.send(door.request(Self.path, body: Self.body))
            let provider = try await fixture.upstream.accept()
            _ = try await provider.message()
            #expect(try await fixture.reserved() > .zero)
            let second = try await door.ask(Self.path, body: Self.body)
            #expect(second.status == 429 && second.isRefusal(.anthropic), "\(second.everything)")

            try await provider.send(ScriptedUpstream.answer(#"{"model":"claude-haiku-4-5","usage":{"input_tokens":1,"output_tokens":1}}"#))
            #expect(try await client.message(answering: "POST").status == 200)
            _ = try await fixture.rows(1)
            #expect(try await fixture.reserved() == .zero)

            try await client.send(door.request(Self.path, body: Self.body))
            _ = try await provider.message()
            try await provider.send(ScriptedUpstream.answer("{}", status: "529 Overloaded"))
            #expect(try await client.message(answering: "POST").status == 529)
            _ = try await fixture.rows(2)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test(
        "A client that leaves before its request was made costs nothing, whether its request was complete or not",
        arguments: [true, false])
    func leaves(isComplete: Bool) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.limit("0.008", at: .platform)
            // TLS, and the provider does not say hello: what was asked for waits.
            try await fixture.point(.anthropic, at: fixture.upstream.url.replacing("http:", with: "https:"))
            let client = try await door.connect()
            let request = door.request(Self.path, body: Self.body)
            try await client.send(isComplete ? request : Array(request.dropLast(10)))
            if isComplete {
                let provider = try await fixture.upstream.accept()
                try await eventually("the hello") { provider.current.count > 0 ? () : nil }
                #expect(try await fixture.reserved() > .zero)
                await client.close()
                await provider.close()
            } else {
                await client.close()
            }
            try await eventually("what was held back") { try await fixture.reserved() == .zero ? () : nil }
            try await fixture.point(.anthropic, at: fixture.upstream.url)
            fixture.upstream.answering(ScriptedUpstream.answer(Self.answer))
            #expect(try await door.ask(Self.path, body: Self.body).status == 200)
            #expect(fixture.upstream.requests.count == 1)
            #expect(try await fixture.rows(1).filter { $0.cost > .zero }.count == 1)
        }
    }

    @Test("A request is held back where a budget applies, and only there", arguments: [false, true])
    func held(hasBudget: Bool) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            if hasBudget { try await fixture.limit("100", at: .user(fixture.member.id)) }
            let client = try await door.connect()
            let request = door.request(Self.path, body: Self.body)
            try await client.send(Array(request.dropLast(10)))
            if hasBudget {
                try await client.send(Array(request.suffix(10)))
                #expect(try await fixture.upstream.accept().message().text == Self.body)
            } else {
                let provider = try await fixture.upstream.accept()
                try await provider.sees(String(Self.body.dropLast(10)))
                try await client.send(Array(request.suffix(10)))
                #expect(try await provider.message().text == Self.body)
            }
        }
    }
}
