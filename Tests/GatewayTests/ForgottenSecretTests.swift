import Accounts
import Credentials
import TestSupport
import Testing

@testable import Gateway

@Suite("Secrets that the gateway remembers", .timeLimit(.minutes(20)))
struct ForgottenSecretTests {
    private func eventuallyNothing(_ fixture: GatewayFixture) async throws {
        // They are remembered for some seconds.
        try await eventually("nothing is remembered") { fixture.gateway.rememberedGrants == 0 ? () : nil }
    }

    @Test("They go when their moment is over, although nothing is asked any more, and the next request finds them again")
    func expired() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let doors = [try await fixture.session("s_1"), try await fixture.session("s_2"), try await fixture.network()]
            for _ in 0..<2 {
                for door in doors {
                    #expect(try await door.ask("/mistral/v1/chat/completions").status == 200)
                    #expect(try await door.ask("/openai/v1/responses").status == 200)
                }
                try await eventuallyNothing(fixture)
            }
            // After everything was forgotten at once, too.
            #expect(try await doors[0].ask("/mistral/v1/chat/completions").status == 200)
            fixture.gateway.forget()
            #expect(try await doors[1].ask("/mistral/v1/chat/completions").status == 200)
            try await eventuallyNothing(fixture)
        }
    }

    @Test("What was refused is forgotten like what was granted")
    func refused() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            try await fixture.act(.off, .mistral, at: .platform)
            fixture.gateway.forget()
            #expect(try await door.ask("/mistral/v1/chat/completions").status == 403)
            try await eventuallyNothing(fixture)
        }
    }
}
