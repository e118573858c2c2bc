import AgentProtocol
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import SystemSupport

/// Which key an agent's request goes out with, and what its lease opens.
@Suite("The gateway of a session")
struct SessionGatewayTests {
    @Test("An agent in its sandbox uses a key that it never holds", arguments: ["anthropic", "openai"])
    func unseenKey(_ provider: String) async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            let key = "sk-real-\(provider)-0123456789"
            try await sam.setCredential(provider, key)
            let id = try await GatewayServer.start(provider, sam)
            let answer = try await sam.ask(id, try #require(SamFixture.curl[provider]))
            #expect(answer == SamFixture.answer + "\n200", "\(answer)")
            let request = try #require(upstream.requests.last)
            #expect(request.key == key && upstream.requests.count == 1)
            #expect(
                request.headers["x-api-key"] == (provider == "anthropic" ? [key] : []), "Where this provider expects it, and there alone")
            #expect(request.uri == (provider == "anthropic" ? "/v1/messages" : "/v1/chat/completions"))

            let lease = try await sam.lease(of: id)
            #expect(!Canary(lease).isIn(request.everything), "The lease goes no further than the gateway")
            let seen = try await sam.ask(id, "env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'")
            #expect(seen.contains(lease) && !Canary(key).isIn(Data(seen.utf8)))
        }
    }

    @Test("A lease opens its own session's socket and nothing else, and nothing else opens that")
    func copiedLease() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-anthropic-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            let other = try await GatewayServer.start("anthropic", sam)
            let lease = try await sam.lease(of: id)
            let others = try await sam.lease(of: other)
            let key = try await sam.gatewayKey()
            let owner = try sam.ownerToken()
            let runner = try sam.runnerToken(of: id)
            #expect(lease != others)
            for (what, status, secret, session) in [
                ("the lease on the server's own address", 403, lease, nil),
                ("the lease on another session's socket", 403, lease, other),
                ("another's lease on the session's socket", 403, others, id),
                ("a person's gateway key on the session's socket", 403, key, id),
                ("no key at all on the session's socket", 401, nil, id),
                ("no key at all on the server's own address", 401, nil, nil),
                ("a lease that nobody has, on the socket", 401, String(lease.dropLast(4)) + "0000", id),
                ("a lease that nobody has, on the address", 401, String(lease.dropLast(4)) + "0000", nil),
                ("a person's API token on the socket", 401, owner, id),
                ("a person's API token on the address", 401, owner, nil),
                ("the runner's token on the socket", 401, runner, id),
                ("the runner's token on the address", 401, runner, nil),
            ] as [(String, Int, String?, String?)] {
                let reply = try await sam.relay(with: secret, through: session)
                #expect(reply.status == status, "\(what): \(reply.text)")
                #expect(reply["error"]?["message"]?.string?.isEmpty == false, "It is shaped as the provider's own errors: \(what)")
                #expect(reply["type"] == "error", "\(what)")
            }
            #expect(upstream.requests.isEmpty, "None of it was sent on")
            #expect(try await sam.usage(by: "session").isEmpty, "Nor was it metered")

            #expect(try await sam.relay(with: lease, through: id).status == 200)
            #expect(try await sam.relay(with: others, through: other).status == 200)
            #expect(try await sam.relay(with: key).status == 200)
            #expect(upstream.requests.count == 3)
        }
    }

    @Test("A session's socket serves the gateway and its health, and nothing of SAM's own")
    func nothingElse() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-anthropic-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            func status(_ path: String, _ header: String) async throws -> String {
                try await sam.ask(id, "curl -sS -o /dev/null -w '%{http_code}' -H '\(header)' http://127.0.0.1:4140\(path)")
            }
            let owner = "authorization: Bearer \(try sam.ownerToken())"
            for path in [
                "/api/v1/me", "/api/v1/credentials", "/api/openapi.json", "/metrics", "/readyz", "/runner/v1/commands", "/",
                "/gateway/anthropic/v1/messages", "/anthropic/../api/v1/me", "/anthropic/%2e%2e/api/v1/me",
            ] {
                let answer = try await status(path, owner)
                #expect(["400", "401", "403", "404"].contains(answer), "\(path): \(answer)")
            }
            #expect(upstream.requests.isEmpty)
            #expect(try await status("/healthz", owner) == "200")
            #expect(try await status("/anthropic/v1/models", "x-api-key: \(try await sam.lease(of: id))") == "200")
        }
    }

    @Test("A session has the keys that it was started with: what it never had a key for it has none for")
    func otherProvider() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-anthropic-0123456789")
            try await sam.setCredential("openai", "sk-openai-0123456789")
            let id = try await GatewayServer.start("anthropic", sam)
            let lease = try await sam.lease(of: id)
            let refused = try await sam.relay("/openai/v1/chat/completions", with: lease, through: id)
            #expect(refused.status == 403 && refused.text.contains("openai"), "\(refused.text)")
            #expect(upstream.requests.isEmpty)
            #expect(try await sam.relay(with: lease, through: id).status == 200)
            #expect(upstream.requests.map(\.key) == ["sk-anthropic-0123456789"])
        }
    }

    @Test("A session of the rehearsal needs no key and reaches it from its sandbox")
    func rehearsal() async throws {
        try await GatewayServer.withUpstream { sam, _ in
            let id = try await sam.startIdle(agent: "rehearsing")
            let answer = try await sam.ask(id, "env | grep -c sam_lease_")
            #expect(Int(answer) ?? 0 > 0, "It has a lease: \(answer)")
            let reply = try await sam.ask(
                id,
                #"""
                lease=$(env | grep -o 'sam_lease_[0-9a-f]*' | head -n 1)
                curl -sS -w '\n%{http_code}' http://127.0.0.1:4140/rehearsal/v1/messages -H "x-api-key: $lease" \
                  -d '{"model":"any","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'
                """#)
            #expect(reply.hasSuffix("\n200") && reply.contains("This is a rehearsal"), "\(reply)")
            try await eventually("it is metered") { try await sam.usage(by: "session")[id]?["requests"] == 1 }
            #expect(try await sam.usage(by: "session")[id]?["cost"] == 0)
        }
    }
}
