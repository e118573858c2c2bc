import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes
import Testing

/// A ChatGPT sign-in behind the gateways of two servers that share a database, and a person's key that opens it.
struct BrokerFixture: Sendable {
    let sam: SamFixture
    /// The other server: with a home of its own, in which the first one's database is.
    let twin: SamFixture
    let provider: TokenServer
    /// The sign-in that is stored at first.
    let first: SignInTokens
    /// The first server's process.
    let process: pid_t
    private let key: String
    private let http: HTTPClient

    /// Runs a test's body.
    ///
    /// - Parameter seconds: when the stored access token ends; negative when it has ended.
    static func with(expiresIn seconds: Int = -60, _ body: (BrokerFixture) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        // The usual limit would let eight callers through at a time.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await TokenServer.with { provider in
                try await SamFixture.with { sam in
                    try await serveTwice(sam) { twin, process in
                        let first = await provider.signIn(expiresIn: seconds)
                        try await sam.setCredential("openai-chatgpt", first.file)
                        let created = try await sam.json("keys", "create", "--name", "tool")
                        let fixture = BrokerFixture(
                            sam: sam, twin: twin, provider: provider, first: first, process: process,
                            key: try #require(created["token"]?.string), http: http)
                        try await fixture.refreshing(at: provider.url)
                        try await body(fixture)
                    }
                }
            }
        } catch {
            try? await http.shutdown()
            throw error
        }
        try await http.shutdown()
    }

    private static func serveTwice(_ sam: SamFixture, _ body: (SamFixture, pid_t) async throws -> Void) async throws {
        let process = try await sam.serve()
        let twin = SamFixture(scratch: sam.scratch + "/twin")
        try FileManager.default.createDirectory(atPath: twin.home, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: twin.home + "/sam.db", withDestinationPath: sam.home + "/sam.db")
        try FileManager.default.copyItem(atPath: sam.home + "/vault.keys", toPath: twin.home + "/vault.keys")
        let other = try await twin.serve()
        do {
            try await body(twin, process)
        } catch {
            try? await twin.killHard(other)
            throw error
        }
        try await twin.killHard(other)
    }

    // MARK: - What people do

    /// Sets where tokens are refreshed.
    func refreshing(at base: String) async throws {
        let output = try await sam.sam(
            "providers", "set", "openai-chatgpt", await provider.url + "/backend", "--token-url", base + "/oauth/token", "--allow-private")
        #expect(output.termination == .exited(0), "\(output.standardError)")
    }

    /// A person signs in again.
    func signInAgain(expiresIn seconds: Int = 36_000, at server: SamFixture? = nil) async throws {
        try await (server ?? sam).setCredential("openai-chatgpt", await provider.signIn(expiresIn: seconds).file)
    }

    /// Asks a model through a server's gateway.
    func ask(_ server: SamFixture) async throws -> Reply {
        var request = HTTPClientRequest(url: try server.address() + "/gateway/openai-chatgpt/responses")
        request.method = .POST
        request.headers = ["content-type": "application/json", "authorization": "Bearer \(key)"]
        request.body = .bytes(ByteBuffer(string: #"{"model":"gpt-5","input":"Hello"}"#))
        // Who finds a refresh that was interrupted may have to wait half a minute.
        let response = try await http.execute(request, timeout: .seconds(120))
        let content = try await response.body.collect(upTo: 1 << 20)
        return Reply(
            status: Int(response.status.code), contentType: response.headers.first(name: "content-type") ?? "",
            body: Data(content.readableBytesView))
    }

    // MARK: - What people see

    /// What the owner was told, as the command line shows it at a server; the first one when left out.
    func notifications(at server: SamFixture? = nil) async throws -> [JSONValue] {
        try #require(try await (server ?? sam).json("notifications", "list")["notifications"]?.elements)
    }

    /// The version of the stored sign-in.
    func version(at server: SamFixture? = nil) async throws -> JSONValue? {
        try await (server ?? sam).json("credentials", "list")["credentials"]?.elements?.first?["version"]
    }

    /// Checks that no token was spent twice.
    func expectNoReuse(calls: Int, sourceLocation: SourceLocation = #_sourceLocation) async {
        #expect(await provider.calls == calls, sourceLocation: sourceLocation)
        #expect(await !provider.isRevoked, sourceLocation: sourceLocation)
    }
}
