import AgentProtocol
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// Whole requests, more than a client takes answers of, and tunnels that outlast their session.
extension FloodTests {
    /// A way in, and who comes: nobody in particular, or a member with an API token.
    struct Unread: Sendable, CustomTestStringConvertible {
        var listener: String
        var isMember: Bool
        var testDescription: String { "\(listener), \(isMember ? "a member" : "a stranger")" }
    }

    @Test(
        "With 800 descriptors, 40 connections that ask 60 times each and take no answer hold little, and others are served",
        arguments: [
            Unread(listener: "network", isMember: false), Unread(listener: "control", isMember: false),
            Unread(listener: "network", isMember: true), Unread(listener: "control", isMember: true),
        ])
    func unread(_ way: Unread) async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve(descriptors: 800)
            try await sam.project()
            let id = try await sam.startIdle(agent: "shell")
            let token = way.isMember ? try await sam.newUser("kim") : ""
            try await Self.serves(sam, server, agent: id, "before")
            let before = try SamFixture.size(of: server)
            let address = way.listener == "network" ? String(try sam.address().dropFirst("http://".count)) : sam.home + "/control.sock"
            let flood = try await Flood.start(sam, address, 40, .requests(60, path: "/api/openapi.json"), token: token)
            try await Self.serves(sam, server, agent: id, "in the flood")
            let after = try SamFixture.size(of: server)
            // The answers have 220 MB together.
            #expect(after.memory < before.memory + 60, "\(before) → \(after)")
            #expect(after.descriptors < before.descriptors + 100, "\(before) → \(after)")
            let outcome = try await flood.finish()
            #expect(Self.count("200", outcome) > 0, "\(outcome)")
            try await Self.serves(sam, server, agent: id, "afterwards")
        }
    }

    @Test(
        "60,000 requests at once on one connection get a few answers and the end, hold little, and others are served",
        arguments: ["network", "remote"])
    func pipelined(_ listener: String) async throws {
        try await RemoteServer.with(descriptors: 800) { sam, _, remote, certificate in
            let server = try #require(FileLock.holder(path: sam.home + "/server.lock"))
            let key = try await sam.gatewayKey()
            try await Self.serves(sam, server, "before")
            let before = try SamFixture.size(of: server)
            let network = String(try sam.address().dropFirst("http://".count))
            let address = listener == "network" ? network : "tls:" + remote.dropFirst("https://".count)
            let flood = try await Flood.start(sam, address, 1, .requests(60_000, path: "/gateway/nope"))
            try await Self.serves(sam, server, "in the flood")
            try await RemoteServer.withClient(trusting: certificate) { client in
                let answer = try await SamFixture.relay(remote + "/gateway/anthropic/v1/messages", with: key, by: client)
                #expect(answer.status == 200, "A person in the flood")
            }
            let after = try SamFixture.size(of: server)
            #expect(after.memory < before.memory + 60, "\(before) → \(after)")
            #expect(try await Self.refused(sam, listener, "pipelined") == 1)
            _ = try await flood.finish()
        }
    }

    @Test("A member's 40 connections that ask for 20 MB of prompts and take none hold little, and others read all of them, page by page")
    func unreadPrompts() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve(descriptors: 800)
            try await sam.project()
            let kim = try await sam.newUser("kim")
            try await sam.admit("kim")
            let id = try await sam.startIdle(agent: "shell")
            let path = "/api/v1/sessions/\(id)/prompts?limit=1000"
            // The agent stays with the first.
            for text in ["sleep 600"] + Array(repeating: String(repeating: "x", count: 1_000_000), count: 20) {
                let prompt: JSONValue = ["text": .string(text)]
                #expect(try await sam.call(.POST, "/api/v1/sessions/\(id)/prompts", prompt).status == 202)
            }
            let before = try SamFixture.size(of: server)
            let network = String(try sam.address().dropFirst("http://".count))
            let flood = try await Flood.start(sam, network, 40, .requests(1, path: path), token: kim)
            var (cursor, count) = ("", 0)
            repeat {
                let page = try await sam.call(.GET, path + cursor)
                #expect(page.status == 200)
                count += page["prompts"]?.elements?.count ?? 0
                cursor = page["next"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(count == 21)
            let after = try SamFixture.size(of: server)
            // The answers have 800 MB together. A person may have 96 MiB; allocators keep some of what is free.
            #expect(after.memory < before.memory + 300, "\(before) → \(after)")
            _ = try await flood.finish()
        }
    }

    @Test("33 tunnels to a server that takes nothing end with their session, and another session's tunnel stays")
    func tunnels() async throws {
        try await Self.withOutside { sam, outside, silent in
            let server = try await sam.serve(descriptors: 800)
            try await sam.project()
            try await sam.allow(outside.authority, silent, private: [outside.authority, silent])
            let (id, other) = (try await sam.startIdle(agent: "shell"), try await sam.startIdle(agent: "shell"))
            try await Self.serves(sam, server, agent: id, "before")
            let live = try await Flood.start(sam, "\(sam.home)/sockets/\(other)/gateway.sock", 1, .tunnel(to: outside.authority))
            let before = try SamFixture.size(of: server)
            // More than the 32 connections that a session may have here.
            let flood = try await Flood.start(sam, "\(sam.home)/sockets/\(id)/gateway.sock", 33, .tunnel(to: silent, size: 8 << 20))
            let during = try SamFixture.size(of: server)
            #expect(during.descriptors > before.descriptors + 50, "\(before) → \(during)")
            try await Self.serves(sam, server, agent: other, "in the flood")
            #expect(try await sam.call(.POST, "/api/v1/sessions/\(id)/cancel").status == 202)
            try await eventually("the session is over") {
                try await sam.call(.GET, "/api/v1/sessions/\(id)")["settled"] == .bool(true)
            }
            try await eventually("its tunnels are closed", within: .seconds(2)) {
                try SamFixture.size(of: server).descriptors < before.descriptors + 5
            }
            let (ended, stayed) = (try await flood.finish(), try await live.finish())
            #expect(Self.count("closed", ended) == Self.count("opened", ended) && Self.count("passes", ended) == 0, "\(ended)")
            #expect(Self.count("passes", stayed) == 1 && stayed["first"]?.string?.contains("from outside") == true, "\(stayed)")
            try await Self.serves(sam, server, agent: other, "afterwards")
        }
    }

    @Test("One person's many requests to the rehearsal leave places for another's")
    func rehearsal() async throws {
        try await SamFixture.with { sam in
            let script = """
                turns: [{say: Done.}]
                others: [{when: stay forever, turns: [{say: Done., stall: 300}]}]

                """
            try sam.write(script, to: "home/rehearsal.yaml")
            let server = try await sam.serve(descriptors: 800)
            let kim = try await sam.gatewayKey(as: try await sam.newUser("kim"))
            let owner = try await sam.gatewayKey()
            let path = "/rehearsal/v1/messages"
            #expect(try await sam.relay(path, with: kim).status == 200)
            let network = String(try sam.address().dropFirst("http://".count))
            let flood = try await Flood.start(sam, network, 60, .message("stay forever"), token: kim)
            try await eventually("most of them are refused") { try await Self.refused(sam, "network", "holder") >= 40 }
            #expect(try await sam.relay(path, with: owner).status == 200, "Another person")
            #expect(try await sam.relay(path, with: kim).status == 429)
            try await Self.serves(sam, server, "in the flood")
            let outcome = try await flood.finish()
            #expect(Self.count("429", outcome) >= 40, "\(outcome)")
        }
    }

    /// A home, a web server outside, and a server that never takes anything: not even the connection, which the kernel opens in its place.
    private static func withOutside(_ body: (SamFixture, OutsideServer, _ silent: String) async throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await SamFixture.with { sam in
                try sam.write("from outside\n", to: "outside/hello")
                try await OutsideServer.with(folder: sam.scratch + "/outside") { outside in
                    try await body(sam, outside, "127.0.0.1:\(listener.localAddress?.port ?? 0)")
                }
            }
            try await listener.close()
        } catch {
            try? await listener.close()
            throw error
        }
    }
}
