import Accounts
import Gateway
import Metering
import NIOCore
import Settings
import Testing

@Suite("Rates, at the gateway", .timeLimit(.minutes(20)))
struct RelayRateTests {
    /// No time passes, however busy the machine is.
    private static let moment: @Sendable () -> NIODeadline = { .uptimeNanoseconds(1) }

    @Test(
        "Too many requests are answered in the provider's shape with the time of the next try, and the provider gets none",
        arguments: [
            ("/anthropic/v1/messages", Dialect.anthropic), ("/openai/v1/responses", .openai), ("/google/v1beta/x", .google),
            ("/custom/house/v1/chat/completions", .openai),
        ])
    func refused(path: String, dialect: Dialect) async throws {
        try await GatewayFixture.with(uptime: Self.moment) { fixture in
            let door = try await fixture.session()
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await fixture.rate("2", at: .user(fixture.member.id))
            for _ in 0..<2 { #expect(try await door.ask(path).status == 200) }
            let answer = try await door.ask(path)
            #expect(answer.status == 429)
            #expect(answer.isRefusal(dialect), "\(answer.everything)")
            let seconds = try #require(Int(answer.values("retry-after").first ?? ""))
            #expect((1...30).contains(seconds))
            #expect(answer.values("x-should-retry").isEmpty)
            #expect(answer.text.contains("2 requests a minute"))
            #expect(fixture.upstream.requests.count == 2)
        }
    }

    @Test("The user's rate is one for all of their tools, and the platform's for everybody; off says nothing")
    func layers() async throws {
        try await GatewayFixture.with(uptime: Self.moment) { fixture in
            let (session, tools) = (try await fixture.session(), try await fixture.network())
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await fixture.rate("100", at: .user(fixture.member.id))
            try await fixture.rate("3", at: .platform)
            for door in [session, tools, session] { #expect(try await door.ask("/anthropic/v1/messages").status == 200) }
            let answer = try await tools.ask("/anthropic/v1/messages")
            #expect(answer.status == 429 && answer.text.contains("The platform may make 3"), "\(answer.everything)")
            try await fixture.settings.turnOff(.requestRate, at: .platform, reason: nil, by: fixture.owner.id)
            fixture.gateway.forget()
            #expect(try await tools.ask("/anthropic/v1/messages").status == 200)
        }
    }
}

extension GatewayFixture {
    /// Sets how many requests a layer may make in a minute.
    func rate(_ requests: String, at owner: ScopeOwner) async throws {
        try await settings.set(.requestRate, to: requests, at: owner, by: self.owner.id)
        gateway.forget()
    }
}
