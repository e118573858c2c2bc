import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// How a session's way to its provider ends, and what is told about what went over it.
extension SessionGatewayTests {
    @Test("The lease is dead at once when its session was cancelled; the other session's lives on")
    func cancelled() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            let other = try await GatewayServer.start("anthropic", sam)
            let lease = try await sam.lease(of: id)
            let others = try await sam.lease(of: other)
            #expect(try await sam.relay(with: lease, through: id).status == 200)
            #expect(try await sam.call(.POST, "/api/v1/sessions/\(id)/cancel").status == 202)
            // The socket may be gone already, which is as good.
            let dead = try? await sam.relay(with: lease, through: id)
            #expect(dead.map(\.status) ?? 401 == 401, "\(dead?.text ?? "")")
            #expect(upstream.requests.count == 1)
            for way in [nil, other] {
                let reply = try await sam.relay(with: lease, through: way)
                #expect([401, 403].contains(reply.status), "\(reply.text)")
            }
            try await sam.finish(id)
            #expect(!FileManager.default.fileExists(atPath: "\(sam.home)/sockets/\(id)"), "Nothing is left where its socket was")
            #expect(try await sam.relay(with: lease, through: other).status != 200)
            #expect(try await sam.relay(with: others, through: other).status == 200)
        }
    }

    @Test("The provider's refusal reaches the agent as it is, no other layer's key takes over, and the owner is told once")
    func refused() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-platform-0123456789", "--scope", "platform")
            try await sam.setCredential("anthropic", "sk-refused-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            for _ in 0..<3 {
                let answer = try await sam.ask(id, try #require(SamFixture.curl["anthropic"]))
                #expect(
                    answer == #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"# + "\n401",
                    "Byte for byte: \(answer)")
            }
            #expect(upstream.requests.map(\.key) == Array(repeating: "sk-refused-0123456789", count: 3))
            func told() async throws -> [JSONValue] {
                try await sam.call(.GET, "/api/v1/notifications")["notifications"]?.elements ?? []
            }
            try await eventually("the owner is told") { try await !told().isEmpty }
            #expect(try await told().map { $0["kind"]?.string } == ["credentialRefused"])
            let listed = try #require(try await sam.credentials().first { $0["scope"] == "user" })
            #expect(listed["state"] == "on", "It is not failed on that: \(listed)")
            #expect(try await sam.sam("audit").text.contains("refused"), "And it stands in the audit trail")

            // A new secret clears that.
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            try await eventually("the new one is used", within: .seconds(2)) {
                try await sam.ask(id, try #require(SamFixture.curl["anthropic"])).hasSuffix("\n200")
            }
        }
    }

    @Test("What went through a session is counted for it, for its project and for its user")
    func counted() async throws {
        try await GatewayServer.withUpstream { sam, _ in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            for _ in 0..<3 { _ = try await sam.ask(id, try #require(SamFixture.curl["anthropic"])) }
            #expect(try await sam.relay(with: try await sam.gatewayKey()).status == 200, "One that is no session's")
            try await eventually("all are settled") { try await sam.usage(by: "user")["owner"]?["requests"] == 4 }
            let lines = try await sam.json("usage", "--by", "session")["usage"]?.elements ?? []
            #expect(Set(lines.compactMap { $0["name"]?.string }) == [id, ""])
            let line = try #require(lines.first { $0["name"]?.string == id })
            #expect(line["requests"] == 3 && line["estimated"] == 0 && line["unsettled"] == 0)
            #expect(line["usage"]?["input"] == 30 && line["usage"]?["output"] == 60)
            // $3 a million in, $15 out, in billionths of a dollar.
            #expect(line["cost"] == .integer(30 * 3_000 + 60 * 15_000))
            #expect(try await sam.usage(by: "project")["project"]?["requests"] == 3)
            #expect(try await sam.usage(by: "model", "&session=\(id)")["claude-sonnet-4-5"]?["requests"] == 3)
            #expect(try await sam.usage(by: "provider", "&project=project")["anthropic"]?["requests"] == 3)
            let text = try await sam.sam("usage", "--by", "session").text
            #expect(text.contains(id) && text.contains("$0.00099"), "\(text)")
        }
    }
}
