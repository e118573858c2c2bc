import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Processes
import Testing

/// What a workspace on another machine reaches of the server, and how.
@Suite("The gateway, from elsewhere")
struct RemoteTests {
    @Test("A runner's token opens its own session's gateway over TLS, and neither another's nor anything else")
    func session() async throws {
        try await Self.with { sam, upstream, remote, certificate in
            let id = try await SessionGatewayTests.start("anthropic", sam)
            let other = try await SessionGatewayTests.start("anthropic", sam)
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
        try await Self.with { sam, upstream, remote, certificate in
            let id = try await SessionGatewayTests.start("anthropic", sam)
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

    @Test("A person's key opens the gateway there, a session's lease does not, and the control plane is elsewhere")
    func people() async throws {
        try await Self.with { sam, upstream, remote, certificate in
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(certificate))]
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(tlsConfiguration: tls))
            do {
                let id = try await SessionGatewayTests.start("anthropic", sam)
                let path = remote + "/gateway/anthropic/v1/messages"
                #expect(try await SamFixture.relay(path, with: try await sam.gatewayKey(), by: client).status == 200)
                #expect(try await SamFixture.relay(path, with: try await sam.lease(of: id), by: client).status == 403)
                #expect(try await SamFixture.relay(path, with: nil, by: client).status == 401)
                for other in ["/api/v1/server", "/runner/v1/events", "/runner/v1/gateway", "/metrics", "/"] {
                    #expect(try await SamFixture.relay(remote + other, with: try sam.ownerToken(), by: client).status == 404, "\(other)")
                }
                #expect(upstream.requests.count == 1)
                // Whatever a client wants to change to, it is answered.
                for (upgrade, status) in [("websocket", 426), ("h2c", 401), ("sam-session", 401)] {
                    var request = HTTPClientRequest(url: path)
                    request.headers = ["upgrade": upgrade, "connection": "upgrade"]
                    #expect(try await client.execute(request, timeout: .seconds(20)).status.code == UInt(status), "\(upgrade)")
                }
            } catch {
                try await client.shutdown()
                throw error
            }
            try await client.shutdown()
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

    // MARK: - What they need

    /// A server that listens for workspaces elsewhere, with a provider behind it.
    private static func with(_ body: (SamFixture, RecordingUpstream, _ remote: String, _ certificate: String) async throws -> Void)
        async throws
    {
        try await RecordingUpstream.with({ _ in .json(SamFixture.answer) }) { upstream in
            try await SamFixture.with { sam in
                let (certificate, key) = ("\(sam.scratch)/chain.pem", "\(sam.scratch)/key.pem")
                let made = try await Command(
                    "/usr/bin/openssl",
                    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                        + ["-keyout", key, "-out", certificate, "-subj", "/CN=sam", "-addext", "subjectAltName=IP:127.0.0.1"],
                    environment: [:]
                ).run()
                try #require(made.termination.isSuccess, "\(made.standardError)")
                try await sam.serve("--remote", "127.0.0.1:0", "--certificate", certificate, "--key", key)
                try await sam.project()
                try await sam.point("anthropic", at: upstream)
                try await sam.setCredential("anthropic", "sk-anthropic-0123456789")
                let server: JSONValue = try JSONLine.decode(from: try Data(contentsOf: URL(filePath: sam.home + "/server.json")))
                try await body(sam, upstream, try #require(server["remote"]?.string), certificate)
            }
        }
    }
}

extension SamFixture {
    /// Makes a session's socket as on another machine, with `sam-runner relay`.
    ///
    /// - Returns: the address of what is behind it.
    fileprivate func carry(_ name: String, token: String, to server: String, trusting certificate: String?) async throws -> String {
        let socket = "\(scratch)/\(name).sock"
        try write(token, to: "\(name).token")
        _ = try Command(
            Self.programs + "/sam-runner",
            ["relay", "--server", server, "--token-file", "\(scratch)/\(name).token", "--socket", socket]
                + (certificate.map { ["--trust", $0] } ?? []),
            environment: [:], workingDirectory: scratch
        ).detach(log: scratch + "/relay.log")
        try await eventually("\(socket) is there") { FileManager.default.fileExists(atPath: socket) }
        return try Self.base(socket)
    }
}
