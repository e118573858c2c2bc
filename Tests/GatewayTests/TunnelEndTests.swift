import Credentials
import Foundation
import Gateway
import Limits
import NIOCore
import Settings
import Synchronization
import TestSupport
import Testing

/// Tunnels to servers that stop reading.
@Suite("The end of a tunnel", .timeLimit(.minutes(10)))
struct TunnelEndTests {
    /// A fixture whose session may reach the scripted server, and nothing else.
    private static func with(
        flush: TimeAmount, _ admission: Admission, _ body: (GatewayFixture, Door, _ target: String) async throws -> Void
    ) async throws {
        var limits = RelayLimits()
        limits.flush = flush
        let allowed = Mutex(EgressRules.nothing)
        let gate = EgressGate(rules: { _ in allowed.withLock { $0 } }, refused: { _, _ in })
        try await GatewayFixture.with(limits: limits, admission: admission, egress: gate) { fixture in
            let target = String(fixture.upstream.url.dropFirst("http://".count))
            let host = try #require(HostPattern(target))
            allowed.withLock { $0 = EgressRules(hosts: [host], privateHosts: [host], repository: []) }
            try await body(fixture, try await fixture.session(), target)
        }
    }

    private static func tunnel(_ door: Door, _ target: String, _ fixture: GatewayFixture) async throws -> (RawWire, RawWire) {
        let client = try await door.connect()
        try await client.send("CONNECT \(target) HTTP/1.1\r\n\r\n")
        try await client.sees("\r\n\r\n")
        return (client, try await fixture.upstream.accept())
    }

    private static let holder = Admission.holder(session: "s_1")

    @Test("A client that leaves gives its places back although the servers take nothing", arguments: [1, 33])
    func clientLeaves(_ count: Int) async throws {
        let admission = GatewayFixture.roomy
        try await Self.with(flush: .milliseconds(100), admission) { fixture, door, target in
            var clients: [RawWire] = []
            for _ in 0..<count {
                let (client, server) = try await Self.tunnel(door, target, fixture)
                try await server.pause(true)
                try client.channel.writeAndFlush(ByteBuffer(repeating: 0x78, count: 16 << 20), promise: nil)
                clients.append(client)
            }
            #expect(admission.outgoing(for: Self.holder) == count)
            for client in clients { await client.close() }
            try await eventually("all places are free") { admission.outgoing(for: Self.holder) == 0 ? () : nil }
        }
    }

    @Test("A session's end closes what its agent was let out to at once, and no other session's")
    func sessionEnds() async throws {
        let admission = GatewayFixture.roomy
        try await Self.with(flush: .minutes(10), admission) { fixture, door, target in
            let other = try await fixture.session("s_2")
            let (_, server) = try await Self.tunnel(door, target, fixture)
            let (client, kept) = try await Self.tunnel(other, target, fixture)
            try await server.pause(true)
            let (silent, paused) = try await Self.tunnel(door, target, fixture)
            try await paused.pause(true)
            try silent.channel.writeAndFlush(ByteBuffer(repeating: 0x78, count: 16 << 20), promise: nil)
            fixture.gateway.closeEgress(of: SessionReference(rawValue: "s_1"))
            try await eventually("all places are free") { admission.outgoing(for: Self.holder) == 0 ? () : nil }
            try await client.send("still here")
            try await kept.sees("still here")
        }
    }

    @Test("A server that reads gets all that was sent, although the client has left", arguments: [100, 16 << 20])
    func wholeTransfer(_ size: Int) async throws {
        try await Self.with(flush: .seconds(5), GatewayFixture.roomy) { fixture, door, target in
            let (client, server) = try await Self.tunnel(door, target, fixture)
            try await client.send([UInt8](repeating: 0x78, count: size))
            await client.close()
            try await server.end()
            #expect(server.current.count == size)
        }
    }
}
