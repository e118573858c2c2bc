import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What anybody can do without a token, or an agent to its own session's socket, to keep others from being served.
@Suite("Floods", .serialized, .timeLimit(.minutes(10)))
struct FloodTests {
    /// Whether the server is the same, ready on both of its own ways in, and serves a person and an agent.
    static func serves(_ sam: SamFixture, _ server: pid_t, agent: String? = nil, _ when: Comment) async throws {
        #expect(FileLock.holder(path: sam.home + "/server.lock") == server, when)
        #expect(try await sam.call(.GET, "/readyz", as: "").status == 200, when)
        let ready = try await HTTPClient.shared.execute(HTTPClientRequest(url: try sam.address() + "/readyz"), timeout: .seconds(20))
        #expect(ready.status == .ok, when)
        let list = try await sam.sam("sessions", "list")
        #expect(list.termination == .exited(0), "\(when): \(list.standardError)")
        if let agent {
            let call = #"""
                curl -sS -m 60 -o /dev/null -w '%{http_code}' http://127.0.0.1:4140/tools -H "authorization: Bearer $SAM_LEASE" \
                  -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
                """#
            #expect(try await sam.ask(agent, call) == "200", when)
        }
    }

    /// What `/metrics` counts of a listener and a reason.
    static func refused(_ sam: SamFixture, _ listener: String, _ reason: String) async throws -> Int {
        let metrics = try await sam.call(.GET, "/metrics").text
        let name = "sam_refused_total{listener=\"\(listener)\",reason=\"\(reason)\"} "
        return metrics.split(separator: "\n").first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    }

    /// How many of a flood's connections got an answer of a status.
    static func count(_ status: String, _ outcome: JSONValue) -> Int {
        guard case .integer(let number) = outcome[status] else { return 0 }
        return number
    }

    @Test("25,000 half requests from an agent's side do not end the server, and its own and others' calls are served")
    func session() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            let id = try await sam.startIdle(agent: "shell")
            let other = try await sam.startIdle(agent: "shell")
            try await Self.serves(sam, server, agent: id, "before")
            let before = try SamFixture.size(of: server)
            async let coming = Flood.start(sam, "\(sam.home)/sockets/\(id)/gateway.sock", 25_000)
            try await Self.serves(sam, server, agent: other, "while it comes")
            let flood = try await coming
            try await Self.serves(sam, server, agent: id, "in the flood")
            try await Self.serves(sam, server, agent: other, "in another's flood")
            let after = try SamFixture.size(of: server)
            #expect(after.descriptors < before.descriptors + 400, "\(before) → \(after)")
            #expect(after.memory < before.memory + 300, "\(before) → \(after)")
            #expect(try await Self.refused(sam, "session", "unproved") > 20_000)
            let outcome = try await flood.finish()
            #expect(Self.count("503", outcome) > 20_000, "\(outcome)")
            #expect(outcome["first"]?.string?.contains("said whose they are") == true, "\(outcome)")
            let log = try String(contentsOfFile: sam.scratch + "/server.log", encoding: .utf8)
            let told = log.split(separator: "\n").count { $0.contains("had not proved who they are") }
            #expect((1...10).contains(told), "Once in a while, and not each: \(told)")
        }
    }

    @Test("With 800 descriptors, 1,500 half requests at a listener end nothing", arguments: ["network", "control", "session"])
    func fewDescriptors(_ listener: String) async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve(descriptors: 800)
            try await sam.project()
            let id = try await sam.startIdle(agent: "shell")
            try await Self.serves(sam, server, agent: id, "before")
            let address = [
                "network": String(try sam.address().dropFirst("http://".count)), "control": sam.home + "/control.sock",
                "session": "\(sam.home)/sockets/\(id)/gateway.sock",
            ]
            let flood = try await Flood.start(sam, try #require(address[listener]), 1_500)
            try await Self.serves(sam, server, agent: id, "in the flood")
            #expect(try SamFixture.size(of: server).descriptors < 500)
            #expect(try await Self.refused(sam, listener, "unproved") > 1_000)
            #expect(try await sam.run(project: "project", agent: "shell", "echo hello").said.contains("hello"), "A whole session")
            let outcome = try await flood.finish()
            #expect(Self.count("503", outcome) > 1_000, "\(outcome)")
        }
    }

    @Test(
        "With 800 descriptors, 1,500 half handshakes or half requests at the listener with TLS end nothing, and a person and a runner are served there",
        arguments: ["hello:", "tls:"])
    func remote(_ way: String) async throws {
        try await RemoteServer.with(descriptors: 800) { sam, _, remote, certificate in
            let server = try #require(FileLock.holder(path: sam.home + "/server.lock"))
            let key = try await sam.gatewayKey()
            let flood = try await Flood.start(sam, way + remote.dropFirst("https://".count), 1_500)
            try await RemoteServer.withClient(trusting: certificate) { client in
                let answer = try await SamFixture.relay(remote + "/gateway/anthropic/v1/messages", with: key, by: client)
                #expect(answer.status == 200, "A person in the flood")
            }
            let id = try await GatewayServer.start("anthropic", sam)
            let here = try await sam.carry(id, token: try sam.runnerToken(of: id), to: remote, trusting: certificate)
            let relayed = try await SamFixture.relay(here + "/anthropic/v1/messages", with: try await sam.lease(of: id))
            #expect(relayed.status == 200, "A runner in the flood")
            try await Self.serves(sam, server, "in the flood")
            #expect(try SamFixture.size(of: server).descriptors < 500)
            #expect(try await Self.refused(sam, "remote", "unproved") > 1_000)
            _ = try await flood.finish()
        }
    }

    @Test("All listeners flooded at once leave descriptors and places for everybody")
    func everywhere() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve(descriptors: 800)
            try await sam.project()
            let id = try await sam.startIdle(agent: "shell")
            var floods: [Flood] = []
            let network = String(try sam.address().dropFirst("http://".count))
            for address in [network, sam.home + "/control.sock", "\(sam.home)/sockets/\(id)/gateway.sock"] {
                floods.append(try await Flood.start(sam, address, 1_000))
            }
            try await Self.serves(sam, server, agent: id, "in three floods")
            #expect(try SamFixture.size(of: server).descriptors < 600)
            for flood in floods { _ = try await flood.finish() }
            try await Self.serves(sam, server, agent: id, "afterwards")
        }
    }

    @Test("A thousand calls of a tool without a lease, each with a mebibyte, are not kept, and one with a lease is answered")
    func tools() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try await sam.project()
            let id = try await sam.startIdle(agent: "shell")
            try await Self.serves(sam, server, agent: id, "before")
            let before = try SamFixture.size(of: server)
            let flood = try await Flood.start(sam, "\(sam.home)/sockets/\(id)/gateway.sock", 1_000, .body(size: 1 << 20, path: "/tools"))
            let after = try SamFixture.size(of: server)
            try await Self.serves(sam, server, agent: id, "in the flood")
            #expect(after.memory < before.memory + 200, "\(before) → \(after)")
            let outcome = try await flood.finish()
            #expect(Self.count("401", outcome) + Self.count("503", outcome) > 500, "\(outcome)")
        }
    }

    @Test("Sixty requests of 30 MB that wait for their last byte hold so much memory and no more, and another session's is served")
    func held() async throws {
        try await SamFixture.with { sam in
            try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
                let server = try await sam.serve()
                try await sam.project()
                try await sam.point("anthropic", at: upstream)
                try await sam.setCredential("anthropic", "sk-anthropic-0123456789")
                #expect(try await sam.sam("budget", "set", "1000").termination == .exited(0))
                let id = try await GatewayServer.start("anthropic", sam)
                let other = try await GatewayServer.start("anthropic", sam)
                let (lease, others) = (try await sam.lease(of: id), try await sam.lease(of: other))
                #expect(try await sam.relay(with: lease, through: id).status == 200)
                let before = try SamFixture.size(of: server)
                let flood = try await Flood.start(
                    sam, "\(sam.home)/sockets/\(id)/gateway.sock", 60, .body(size: 30_000_000, path: "/anthropic/v1/messages"),
                    token: lease)
                let after = try SamFixture.size(of: server)
                #expect(after.memory < before.memory + 500, "\(before) → \(after)")
                #expect(try await sam.relay(with: others, through: other).status == 200)
                try await Self.serves(sam, server, "in the flood")
                #expect(try await Self.refused(sam, "session", "memory") > 40)
                let outcome = try await flood.finish()
                #expect(Self.count("429", outcome) > 20, "\(outcome)")
                #expect(outcome["first"]?.string?.contains("\"type\":\"error\"") == true, "In the provider's own shape: \(outcome)")
                try await eventually("the session's own request is served again") {
                    try await sam.relay(with: lease, through: id).status == 200
                }
            }
        }
    }
}
