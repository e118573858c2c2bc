import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Processes
import TestSupport
import Testing

@testable import SystemSupport

/// What a workspace on another machine reaches of the server, and how.
@Suite("The gateway, from elsewhere")
struct RemoteTests {
    @Test("A runner's token opens its own session's gateway over TLS, and neither another's nor anything else")
    func session() async throws {
        try await RemoteServer.with { sam, upstream, remote, certificate in
            let id = try await GatewayServer.start("anthropic", sam)
            let other = try await GatewayServer.start("anthropic", sam)
            let (lease, others) = (try await sam.lease(of: id), try await sam.lease(of: other))
            let here = try await sam.carry(id, token: try sam.runnerToken(of: id), to: remote, trusting: certificate)

            #expect(try await SamFixture.relay(here + "/anthropic/v1/messages", with: lease).status == 200)
            #expect(upstream.requests.count == 1 && upstream.requests.last?.key == "sk-anthropic-0123456789")
            let foreign = try await SamFixture.relay(here + "/anthropic/v1/messages", with: others)
            #expect(foreign.status == 403, "Another session's lease opens nothing there: \(foreign.text)")
            #expect(try await SamFixture.relay(here + "/api/v1/sessions", with: try sam.ownerToken()).status == 404)

            for (what, token) in [("a lease", lease), ("a person's API token", try sam.ownerToken()), ("nobody's token", "r_nobody")] {
                let door = try await sam.carry("as-\(what.count)", token: token, to: remote, trusting: certificate)
                await #expect(throws: (any Error).self, "\(what) is no runner's token") {
                    try await SamFixture.relay(door + "/anthropic/v1/messages", with: lease)
                }
            }
            let blind = try await sam.carry("blind", token: try sam.runnerToken(of: id), to: remote, trusting: nil)
            await #expect(throws: (any Error).self, "A token is not told to who can't show a certificate") {
                try await SamFixture.relay(blind + "/anthropic/v1/messages", with: lease)
            }
            #expect(upstream.requests.count == 1)
        }
    }

    @Test("When the session ends, its connections from elsewhere end with it, and no new one is made")
    func ended() async throws {
        try await RemoteServer.with { sam, upstream, remote, certificate in
            let id = try await GatewayServer.start("anthropic", sam)
            let token = try sam.runnerToken(of: id)
            let lease = try await sam.lease(of: id)
            let here = try await sam.carry(id, token: token, to: remote, trusting: certificate)
            #expect(try await SamFixture.relay(here + "/anthropic/v1/messages", with: lease).status == 200)
            _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/cancel")
            try await sam.finish(id)
            await #expect(throws: (any Error).self) { try await SamFixture.relay(here + "/anthropic/v1/messages", with: lease) }
            #expect(upstream.requests.count == 1)
        }
    }

    @Test("A runner's API is served there to a runner's token alone, and once its attempt is over the answer says so")
    func runnersAPI() async throws {
        try await RemoteServer.with { sam, _, remote, certificate in
            try await RemoteServer.withClient(trusting: certificate) { client in
                let id = try await GatewayServer.start("anthropic", sam)
                let token = try sam.runnerToken(of: id)
                let calls: [(HTTPMethod, String)] = [
                    (.POST, "/runner/v1/events"), (.POST, "/runner/v1/heartbeat"), (.GET, "/runner/v1/commands"),
                    (.GET, "/runner/v1/sign-in"), (.POST, "/api/v1/sessions/\(id)/credential-sync"),
                ]
                func call(_ method: HTTPMethod, _ path: String, _ token: String?, _ body: String = "{}") async throws -> (UInt, String) {
                    var request = HTTPClientRequest(url: remote + path)
                    request.method = method
                    if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
                    if method == .POST { request.body = .bytes(ByteBuffer(string: body)) }
                    let response = try await client.execute(request, timeout: .seconds(20))
                    var chunks = response.body.makeAsyncIterator()
                    // The stream of commands does not end.
                    let text = try await chunks.next().map { String(buffer: $0) } ?? ""
                    return (response.status.code, text)
                }
                #expect(try await call(.POST, "/runner/v1/heartbeat", token).0 == 204)
                let receipt = try await call(.POST, "/runner/v1/events", token, #"{"events":[]}"#)
                #expect(receipt.0 == 200 && receipt.1.contains("acknowledged"), "\(receipt)")
                let commands = try await call(.GET, "/runner/v1/commands", token)
                #expect(commands.0 == 200 && commands.1.hasPrefix(": following"), "\(commands)")
                let sync = try await call(calls[4].0, calls[4].1, token)
                #expect(sync.0 == 400, "It gets past the door: \(sync)")
                for (method, path) in calls {
                    #expect(try await call(method, path, nil).0 == 401, "\(path)")
                    let owners = try await call(method, path, try sam.ownerToken()).0
                    #expect(owners == 401 || owners == 403, "\(path)")
                }
                for path in ["/api/v1/sessions", "/api/v1/server", "/metrics"] {
                    #expect(try await call(.GET, path, try sam.ownerToken()).0 == 404, "\(path)")
                }

                _ = try await sam.call(.POST, "/api/v1/sessions/\(id)/cancel")
                try await sam.finish(id)
                // A sign-in can be given back for a while after the end.
                for (method, path) in calls.dropLast() {
                    let over = try await call(method, path, token)
                    #expect(over.0 == 409 && over.1.contains(FencedProblem.type), "\(path): \(over)")
                }
            }
        }
    }

    @Test("A person's key opens the gateway there, a session's lease does not, and the control plane is elsewhere")
    func people() async throws {
        try await RemoteServer.with { sam, upstream, remote, certificate in
            try await RemoteServer.withClient(trusting: certificate) { client in
                let id = try await GatewayServer.start("anthropic", sam)
                let path = remote + "/gateway/anthropic/v1/messages"
                #expect(try await SamFixture.relay(path, with: try await sam.gatewayKey(), by: client).status == 200)
                #expect(try await SamFixture.relay(path, with: try await sam.lease(of: id), by: client).status == 403)
                #expect(try await SamFixture.relay(path, with: nil, by: client).status == 401)
                for other in ["/api/v1/server", "/api/v1/sessions", "/runner/v1/gateway", "/metrics", "/"] {
                    #expect(try await SamFixture.relay(remote + other, with: try sam.ownerToken(), by: client).status == 404, "\(other)")
                }
                #expect(upstream.requests.count == 1)
                // Whatever a client wants to change to, it is answered.
                for (upgrade, status) in [("websocket", 426), ("h2c", 401), ("sam-session", 401)] {
                    var request = HTTPClientRequest(url: path)
                    request.headers = ["upgrade": upgrade, "connection": "upgrade"]
                    #expect(try await client.execute(request, timeout: .seconds(20)).status.code == UInt(status), "\(upgrade)")
                }
            }
        }
    }

    @Test("A request that is under way when the server is stopped is answered, and no new connection is taken")
    func stopped() async throws {
        let gate = Gate()
        try await RemoteServer.with(answering: .json(SamFixture.answer, after: gate)) { sam, upstream, remote, certificate in
            try await RemoteServer.withClient(trusting: certificate) { client in
                let key = try await sam.gatewayKey()
                let path = remote + "/gateway/anthropic/v1/messages"
                async let reply = SamFixture.relay(path, with: key, by: client)
                try await eventually("the request is at the provider") { upstream.requests.count == 1 }
                let server = try #require(FileLock.holder(path: sam.home + "/server.lock"))
                kill(server, SIGTERM)
                try await eventually("nothing listens any more") {
                    // A connection of its own each time: one that stands is served until the server ends.
                    try await RemoteServer.withClient(trusting: certificate) { fresh in
                        do { _ = try await SamFixture.relay(path, with: nil, by: fresh) } catch { return true }
                        return false
                    }
                }
                gate.open()
                #expect(try await reply.status == 200)
                try await eventually("the server has ended") { kill(server, 0) != 0 }
            }
        }
    }

    @Test(
        "What is missing or wrong about the certificate is said, and nothing is served",
        arguments: [
            (["--remote", "127.0.0.1:0"], "belong together"), (["--certificate", "x", "--key", "y"], "belong together"),
            (["--remote", "127.0.0.1", "--certificate", "x", "--key", "y"], "--remote"),
            (["--remote", "127.0.0.1:0", "--certificate", "/nowhere.pem", "--key", "/nowhere.key"], "/nowhere.pem"),
        ])
    func wrong(options: [String], told: String) async throws {
        try await SamFixture.with { sam in
            let output = try await sam.sam(["serve", "--port", "0"] + options)
            #expect(!output.termination.isSuccess)
            #expect(output.standardError.contains(told), "\(output.standardError)")
        }
    }
}
