import Accounts
import Credentials
import Gateway
import Metering
import TestSupport
import Testing

@Suite("Which secret a request goes out with", .timeLimit(.minutes(20)))
struct RelayCredentialTests {
    private static let path = "/mistral/v1/chat/completions"

    /// The keys that the provider has seen, in their order.
    private func keys(_ fixture: GatewayFixture) -> [String] {
        fixture.upstream.requests.map { $0.values("authorization").joined(separator: "+").replacing("Bearer ", with: "") }
    }

    @Test("A new secret of the same credential is used from the next request on")
    func replaced() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let doors = [try await fixture.session(), try await fixture.network()]
            for secret in ["sk-second-91c7d2aa", "sk-third-0b1f6e3d"] {
                for door in doors { #expect(try await door.ask(Self.path).status == 200) }
                try await fixture.set(secret, for: .mistral, at: .platform)
                fixture.gateway.forget()
            }
            for door in doors { #expect(try await door.ask(Self.path).status == 200) }
            let first = GatewayFixture.secret("mistral")
            #expect(keys(fixture) == [first, first, "sk-second-91c7d2aa", "sk-second-91c7d2aa", "sk-third-0b1f6e3d", "sk-third-0b1f6e3d"])
        }
    }

    @Test("Another credential in the same binding is for sessions that start later, and for keys at once")
    func selected() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let (session, key) = (try await fixture.session("s_1"), try await fixture.network())
            // What is stored stays stored when the layer is cleared, so that the next one set is another.
            try await fixture.act(.clear, .mistral, at: .platform)
            try await fixture.set("sk-another-4d1e88b0", for: .mistral, at: .platform)
            fixture.gateway.forget()
            for door in [session, key, try await fixture.session("s_2")] { #expect(try await door.ask(Self.path).status == 200) }
            #expect(keys(fixture) == [GatewayFixture.secret("mistral"), "sk-another-4d1e88b0", "sk-another-4d1e88b0"])
        }
    }

    @Test("A narrower key that appears is for sessions that start later, and for keys at once")
    func narrower() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let (session, key) = (try await fixture.session("s_1"), try await fixture.network())
            try await fixture.set("sk-projects-77aa01c4", for: .mistral, at: .project(fixture.project))
            fixture.gateway.forget()
            for door in [session, key] { #expect(try await door.ask(Self.path).status == 200) }
            #expect(keys(fixture) == [GatewayFixture.secret("mistral"), "sk-projects-77aa01c4"])
        }
    }

    @Test("A credential that was removed refuses the session for good, whatever else there is")
    func removed() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await fixture.set("sk-projects-77aa01c4", for: .mistral, at: .project(fixture.project))
            let door = try await fixture.session("s_1")
            #expect(try await door.ask(Self.path).status == 200)
            try await fixture.act(.remove, .mistral, at: .project(fixture.project))
            fixture.gateway.forget()
            for secret in [nil, "sk-new-1c9b7f02"] as [String?] {
                if let secret { try await fixture.set(secret, for: .mistral, at: .project(fixture.project)) }
                fixture.gateway.forget()
                let answer = try await door.ask(Self.path)
                #expect(answer.status == 403)
                #expect(answer.isRefusal(.openai))
            }
            #expect(keys(fixture) == ["sk-projects-77aa01c4"])
            #expect(try await fixture.session("s_2").ask(Self.path).status == 200)
            #expect(keys(fixture) == ["sk-projects-77aa01c4", "sk-new-1c9b7f02"])
        }
    }

    @Test("A provider without a key is refused with the reason, and others keep working")
    func none() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            try await fixture.act(.remove, .anthropic, at: .platform)
            for door in [try await fixture.session(), try await fixture.network()] {
                let answer = try await door.ask("/anthropic/v1/messages")
                #expect(answer.status == 403)
                #expect(answer.isRefusal(.anthropic))
                #expect(answer.text.contains("anthropic"))
                #expect(try await door.ask(Self.path).status == 200)
            }
        }
    }

    @Test("A refusal by the provider passes, is told once, and no other layer's key is tried", arguments: [401, 403])
    func refusedUpstream(status: Int) async throws {
        try await GatewayFixture.with { fixture in
            try await fixture.set("sk-members-5e0d9a11", for: .mistral, at: .user(fixture.member.id))
            try await fixture.set("sk-projects-77aa01c4", for: .mistral, at: .project(fixture.project))
            let body = #"{"message":"Unauthorized","request_id":"abc"}"#
            fixture.upstream.answering(ScriptedUpstream.answer(body, status: "\(status) No", [RawHeader("x-kong", "1")]))
            for door in [try await fixture.session(), try await fixture.network()] {
                let answer = try await door.ask(Self.path)
                #expect(answer.status == status)
                #expect(answer.text == body)
                #expect(answer.values("x-kong") == ["1"])
            }
            #expect(keys(fixture) == ["sk-projects-77aa01c4", "sk-projects-77aa01c4"])
            try await eventually("the notification") { try await refusals(fixture).isEmpty ? nil : () }
            #expect(try await fixture.rows(2).map(\.cost) == [.zero, .zero])
            #expect(try await refusals(fixture).count == 1)

            // A new secret clears what was said of the old one.
            try await fixture.set("sk-projects-second-3c", for: .mistral, at: .project(fixture.project))
            fixture.gateway.forget()
            #expect(try await fixture.network().ask(Self.path).status == status)
            try await eventually("the second notification") { try await refusals(fixture).count == 2 ? () : nil }
        }
    }

    private func refusals(_ fixture: GatewayFixture) async throws -> [UserNotification] {
        try await fixture.accounts.notifications(for: fixture.member.id).filter { $0.kind == .credentialRefused }
    }
}
