import Accounts
import Credentials
import Gateway
import Metering
import Store
import TestSupport
import Testing

@Suite("Whose lease opens what", .timeLimit(.minutes(20)))
struct RelayAuthorityTests {
    private static let ask = "/anthropic/v1/messages"

    @Test("Without a good lease nothing opens, and the refusal has the provider's shape", arguments: RelayFailureTests.paths)
    func unauthenticated(path: String, dialect: Dialect) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            for door in [try await fixture.network(), try await fixture.session()] {
                #expect(try await door.ask(path).status == 200)
                let flipped = String(door.token.dropLast()) + (door.token.hasSuffix("0") ? "1" : "0")
                let wrong = ["", "x", LeaseToken().text, flipped, door.token + "0", String(door.token.dropLast()), door.token.uppercased()]
                for token in wrong + [GatewayFixture.secret("anthropic")] {
                    var other = door
                    other.token = token
                    let answer = try await other.ask(path)
                    #expect(answer.status == 401, "\(token)")
                    #expect(answer.isRefusal(dialect), "\(token)")
                    #expect(token.count < 8 || !answer.everything.contains(token))
                }
            }
            #expect(fixture.upstream.requests.count == 2)
        }
    }

    @Test("A lease opens at its own door and at no other")
    func doors() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let (network, one, two) = (try await fixture.network(), try await fixture.session("s_1"), try await fixture.session("s_2"))
            let doors = [network, one, two]
            for door in doors {
                for lease in doors {
                    var mixed = door
                    mixed.token = lease.token
                    let answer = try await mixed.ask(Self.ask)
                    #expect(answer.status == (door.socket == lease.socket ? 200 : 403))
                    if door.socket != lease.socket { #expect(answer.isRefusal(.anthropic)) }
                }
            }
            #expect(fixture.upstream.requests.count == 3)
        }
    }

    @Test("A lease that has ended opens nothing, and a new attempt's lease ends the one before")
    func ended() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let reference = SessionReference(rawValue: "s_1")
            let first = try await fixture.session("s_1")
            #expect(try await first.ask(Self.ask).status == 200)
            var second = first
            second.token = try await fixture.lease(reference)
            fixture.gateway.forget()
            #expect(try await first.ask(Self.ask).status == 401)
            #expect(try await second.ask(Self.ask).status == 200)
            try await fixture.store.write { [gateway = fixture.gateway] in try gateway.leases.end(reference, in: $0) }
            fixture.gateway.forget()
            #expect(try await second.ask(Self.ask).status == 401)
        }
    }

    @Test("A key for one provider opens that one, and none when it is revoked")
    func keys() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.network(provider: .openai)
            #expect(try await door.ask("/openai/v1/responses").status == 200)
            let answer = try await door.ask(Self.ask)
            #expect(answer.status == 403)
            #expect(answer.isRefusal(.anthropic))
            _ = try await fixture.gateway.leases.revokeKey(try #require(door.key).rawValue, by: fixture.member)
            fixture.gateway.forget()
            #expect(try await door.ask("/openai/v1/responses").status == 401)
            #expect(fixture.upstream.requests.count == 1)
        }
    }

    // MARK: - What bites within a second

    enum Ban: CaseIterable { case tombstone, narrowerTombstone, disabled, left, reads, ended }

    private func impose(_ ban: Ban, _ fixture: GatewayFixture) async throws {
        switch ban {
        case .tombstone: try await fixture.act(.off, .anthropic, at: .platform)
        case .narrowerTombstone: try await fixture.act(.off, .anthropic, at: .user(fixture.member.id))
        case .disabled: _ = try await fixture.accounts.disable("kim", by: fixture.owner.id)
        case .left: try await fixture.accounts.removeMember("kim", from: fixture.project, by: fixture.owner.id)
        case .reads: try await fixture.accounts.setRole(.viewer, of: "kim", in: fixture.project, by: fixture.owner.id)
        case .ended:
            try await fixture.store.write { [gateway = fixture.gateway] in
                try gateway.leases.end(SessionReference(rawValue: "s_1"), in: $0)
            }
        }
    }

    private func lift(_ ban: Ban, _ fixture: GatewayFixture) async throws {
        switch ban {
        case .tombstone: try await fixture.act(.on, .anthropic, at: .platform)
        // There is nothing at this layer that could be turned on: it is to say nothing again.
        case .narrowerTombstone: try await fixture.act(.clear, .anthropic, at: .user(fixture.member.id))
        case .disabled: _ = try await fixture.accounts.enable("kim", by: fixture.owner.id)
        case .left: try await fixture.accounts.addMember("kim", to: fixture.project, by: fixture.owner.id)
        case .reads: try await fixture.accounts.setRole(.member, of: "kim", in: fixture.project, by: fixture.owner.id)
        case .ended: break
        }
    }

    @Test(
        "Turning off bites a live session within a second, on a connection that was open before, and turning on revives it",
        arguments: Ban.allCases)
    func bites(ban: Ban) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            let client = try await door.connect()
            try await client.send(door.request(Self.ask))
            #expect(try await client.message(answering: "POST").status == 200)

            try await impose(ban, fixture)
            let since = ContinuousClock.now
            try await eventually("a refusal") {
                let asked = ContinuousClock.now
                try await client.send(door.request(Self.ask))
                let answer = try await client.message(answering: "POST")
                if answer.status == 200 { try #require(asked - since < .seconds(1), "still open after a second") }
                if answer.status != 200 {
                    #expect([401, 403].contains(answer.status))
                    #expect(answer.isRefusal(.anthropic))
                }
                return answer.status == 200 ? nil : ()
            }
            let reached = fixture.upstream.requests.count
            #expect(try await door.ask(Self.ask).status != 200)
            #expect(fixture.upstream.requests.count == reached)

            guard ban != .ended else { return }
            try await lift(ban, fixture)
            fixture.gateway.forget()
            #expect(try await door.ask(Self.ask).status == 200)
        }
    }
}
