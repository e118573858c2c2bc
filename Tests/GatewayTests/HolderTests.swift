import Accounts
import Gateway
import Limits
import Testing

/// Limits of people, however many keys and sessions they have.
@Suite("What one person has", .timeLimit(.minutes(10)))
struct HolderTests {
    /// Makes requests that stay at the provider.
    private static func hold(_ count: Int, _ doors: [Door], _ fixture: GatewayFixture) async throws -> [RawWire] {
        var wires: [RawWire] = []
        for number in 0..<count {
            let door = doors[number % doors.count]
            let wire = try await door.connect()
            try await wire.send(door.request("/anthropic/v1/messages"))
            _ = try await fixture.upstream.accept().message()
            wires.append(wire)
        }
        return wires
    }

    @Test("All gateway keys of a person together have the places of one", arguments: [1, 2, 5])
    func keys(_ count: Int) async throws {
        var limits = ConnectionLimits(descriptors: 65_536)
        limits.ofHolder = 6
        let admission = Admission(limits: limits)
        try await GatewayFixture.with(admission: admission) { fixture in
            var doors: [Door] = []
            for _ in 0..<count { doors.append(try await fixture.network()) }
            let wires = try await Self.hold(6, doors, fixture)
            let next = try await fixture.network()
            let refused = try await next.ask("/anthropic/v1/messages")
            #expect(refused.status == 429 && refused.text.contains("You have too many open connections"), "\(refused.everything)")
            let other = try await fixture.gateway.leases.makeKey(named: "o", project: nil, provider: nil, for: fixture.owner)
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let owners = Door(socket: next.socket, prefix: "/gateway", token: other.token.text, key: other.key.id)
            #expect(try await owners.ask("/anthropic/v1/messages").status == 200)
            for wire in wires { await wire.close() }
        }
    }

    @Test("All sessions of a person together have so many connections, and another person's session has its own")
    func sessions() async throws {
        var limits = ConnectionLimits(descriptors: 65_536)
        limits.ofSessionsOfPerson = 6
        let admission = Admission(limits: limits)
        for id in ["s_1", "s_2", "s_3"] { admission.open(id, of: Admission.holder(user: "kim")) }
        admission.open("s_4", of: Admission.holder(user: "lee"))
        try await GatewayFixture.with(admission: admission) { fixture in
            var doors: [Door] = []
            for id in ["s_1", "s_2"] { doors.append(try await fixture.session(id)) }
            let wires = try await Self.hold(6, doors, fixture)
            let refused = try await fixture.session("s_3").connect()
            let answer = String(decoding: try await refused.end(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("You have too many open connections"), "\(answer)")
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            #expect(try await fixture.session("s_4").ask("/anthropic/v1/messages").status == 200)
            for wire in wires { await wire.close() }
        }
    }

    @Test(
        "A key's name that is long in code points or hides something is refused; one with accents is taken",
        arguments: [
            "a" + String(repeating: "\u{301}", count: 900_000), "\u{202e}cod.exe", "a\u{1b}[2Jb", String(repeating: "a", count: 81),
        ])
    func keyNames(_ name: String) async throws {
        try await GatewayFixture.with { fixture in
            let leases = fixture.gateway.leases
            let error = await #expect(throws: GatewayError.self) {
                _ = try await leases.makeKey(named: name, project: nil, provider: nil, for: fixture.member)
            }
            #expect(error?.code == .invalid && error?.message.hasPrefix("A key's name is a line of at most 80 characters") == true)
            _ = try await leases.makeKey(named: "Kims Büro, e\u{301}te\u{301}", project: nil, provider: nil, for: fixture.member)
        }
    }

    @Test("A person has a hundred gateway keys and no more, and a revoked one makes room; another person has their own")
    func keyLimit() async throws {
        try await GatewayFixture.with { fixture in
            let leases = fixture.gateway.leases
            for number in 0..<100 { _ = try await leases.makeKey(named: "k\(number)", project: nil, provider: nil, for: fixture.member) }
            let error = await #expect(throws: GatewayError.self) {
                _ = try await leases.makeKey(named: "one more", project: nil, provider: nil, for: fixture.member)
            }
            #expect(error?.code == .invalid && error?.message.contains("Revoke one first") == true)
            _ = try await leases.makeKey(named: "theirs", project: nil, provider: nil, for: fixture.owner)
            _ = try await leases.revokeKey("k7", by: fixture.member)
            _ = try await leases.makeKey(named: "one more", project: nil, provider: nil, for: fixture.member)
        }
    }

    @Test("A key is revoked by its id or name; of two of one name neither is, and another's name opens none")
    func revoking() async throws {
        try await GatewayFixture.with { fixture in
            let leases = fixture.gateway.leases
            func make(_ name: String, _ user: User) async throws -> GatewayKeyID {
                try await leases.makeKey(named: name, project: nil, provider: nil, for: user).key.id
            }
            let first = try await make("tool", fixture.member)
            let second = try await make("tool", fixture.member)
            let decoy = try await make(second.rawValue, fixture.member)
            let several = await #expect(throws: GatewayError.self) { try await leases.revokeKey("tool", by: fixture.member) }
            #expect(several?.code == .invalid && several?.message.contains("by its id: sam keys revoke g_") == true)
            let foreign = await #expect(throws: GatewayError.self) { try await leases.revokeKey("tool", by: fixture.owner) }
            #expect(foreign?.code == .notFound)
            #expect(try await leases.revokeKey(second.rawValue, by: fixture.member).id == second, "An id wins over a name")
            #expect(try await leases.revokeKey("tool", by: fixture.member).id == first)
            #expect(try await leases.revokeKey(decoy.rawValue, by: fixture.owner).id == decoy, "An administrator may, by its id")
        }
    }
}
