import Credentials
import Metering
import NIOCore
import Store
import Testing

@testable import Gateway

@Suite("Addresses that a key is not sent to", .timeLimit(.minutes(20)))
struct RelayAddressTests {
    private static let path = "/custom/house/v1/chat/completions"
    /// Ways to say where this machine is. Those that are no addresses in themselves have to be caught when they are resolved.
    static let loopback = [
        "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "0",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[0:0:0:0:0:0:0:1]",
    ]
    static let elsewhere = [
        "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "2852039166",
        "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
    ]

    /// Writes an address past the rules for writing it, as an older version or another hand could have.
    private func write(_ url: String, allowsPrivate: Bool, _ fixture: GatewayFixture) async throws {
        try await fixture.store.write {
            _ = try $0.execute(
                "UPDATE provider_endpoints SET url = $1, allows_private = $2 WHERE provider = 'custom-house'", url, allowsPrivate)
        }
        fixture.gateway.forget()
    }

    @Test("Nothing is connected to on this machine or in a private network", arguments: loopback + elsewhere)
    func refused(host: String) async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            for door in [try await fixture.session(), try await fixture.network()] {
                try await write("http://\(host):\(fixture.upstream.port)", allowsPrivate: false, fixture)
                let answer = try await door.ask(Self.path)
                #expect(answer.status >= 400)
                #expect(answer.isRefusal(.openai))
                #expect(fixture.upstream.connections == 0)
            }
            try await write("http://127.0.0.1:\(fixture.upstream.port)", allowsPrivate: true, fixture)
            #expect(try await fixture.session().ask(Self.path).status == 200)
        }
    }

    @Test("A port beyond the last one, as an older version could have stored it, is not taken for the one that it comes down to")
    func beyond() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            for door in [try await fixture.session(), try await fixture.network()] {
                let before = fixture.upstream.connections
                for offset in [65_536, 131_072] {
                    try await write("http://127.0.0.1:\(fixture.upstream.port + offset)", allowsPrivate: true, fixture)
                    let answer = try await door.ask(Self.path)
                    #expect(answer.status >= 500 && answer.isRefusal(.openai))
                    #expect(!answer.everything.contains("127.0.0.1"))
                    #expect(fixture.upstream.connections == before)
                }
                try await write("http://127.0.0.1:\(fixture.upstream.port)", allowsPrivate: true, fixture)
                #expect(try await door.ask(Self.path).status == 200)
            }
        }
    }

    @Test("Who asks for a model is not told where an administrator's provider is, however it fails; an official one is named")
    func unnamed() async throws {
        try await GatewayFixture.with { fixture in
            for door in [try await fixture.session(), try await fixture.network()] {
                try await ScriptedUpstream.with { gone in
                    let port = gone.port
                    try await write(gone.url, allowsPrivate: true, fixture)
                    try await gone.stopListening()
                    let refused = try await door.ask(Self.path)
                    #expect(refused.status == 502 && refused.everything.contains("custom-house can't be reached"))
                    #expect(!refused.everything.contains("127.0.0.1") && !refused.everything.contains(String(port)))
                }
                try await write("http://10.0.0.5:8443/secret", allowsPrivate: false, fixture)
                let objected = try await door.ask(Self.path)
                #expect(objected.status == 502 && objected.everything.contains("--allow-private"))
                for part in ["10.0.0.5", "8443", "secret"] { #expect(!objected.everything.contains(part), "\(part)") }
            }
        }
        let official = try ProviderEndpoint(
            .anthropic, url: "https://api.anthropic.com", dialect: .anthropic, allowsPrivate: false, isBuiltIn: true)
        #expect(Refusal(connectingTo: official, ChannelError.connectTimeout(.seconds(1))).sentence.contains("api.anthropic.com"))
    }

    @Test("A connection that was allowed and is open is not used once the permission is gone")
    func pooled() async throws {
        try await GatewayFixture.with { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer("{}"))
            let door = try await fixture.session()
            for (isAllowed, reached) in [(true, 1), (false, 1), (true, 2)] {
                try await write("http://localhost:\(fixture.upstream.port)", allowsPrivate: isAllowed, fixture)
                // Each event loop has a pool of its own: one of these is on the loop that the connection is on.
                for _ in 0..<(isAllowed ? 1 : 32) { _ = try await door.ask(Self.path) }
                try #require(fixture.upstream.requests.count == reached)
            }
        }
    }

    @Test(
        "Only an administrator can allow a private address",
        arguments: ["127.0.0.1", "169.254.169.254", "[::1]"])
    func setting(host: String) async throws {
        try await GatewayFixture.with { fixture in
            let house = try Provider(parsing: "custom-house")
            await #expect(throws: GatewayError.self) { try await fixture.point(house, at: "http://\(host):1", allowsPrivate: false) }
            try await fixture.point(house, at: "http://\(host):1", allowsPrivate: true)
            let endpoint = try ProviderEndpoint(house, url: "https://example.org", dialect: .openai, allowsPrivate: false)
            await #expect(throws: (any Error).self) { try await fixture.gateway.endpoints.set(endpoint, by: fixture.member) }
            #expect(try await fixture.gateway.endpoints.list().contains { $0.url.contains(host) })
        }
    }
}
