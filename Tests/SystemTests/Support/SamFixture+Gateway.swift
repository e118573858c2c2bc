import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes
import TestSupport
import Testing

/// The gateway, from inside a sandbox, from a session's socket and from the server's own address.
extension SamFixture {
    // MARK: - What is set up

    /// Points a provider at an upstream of the test's own.
    func point(_ provider: String, at upstream: RecordingUpstream) async throws {
        let output = try await sam("providers", "set", provider, upstream.url, "--allow-private")
        #expect(output.termination == .exited(0), "\(output.standardError)")
    }

    /// Makes a gateway key and returns the key itself.
    func gatewayKey(_ name: String = "tool", _ more: [String: JSONValue] = [:], as token: String? = nil) async throws -> String {
        let body = JSONValue.object(more.merging(["name": .string(name)]) { $1 })
        let reply = try await call(.POST, "/api/v1/keys", as: token, body)
        return try #require(reply["token"]?.string, "\(reply.text)")
    }

    /// Where the server is reached over TCP.
    func address() throws -> String {
        let file = try #require(FileManager.default.contents(atPath: home + "/server.json"))
        let server: JSONValue = try JSONLine.decode(from: file)
        return try #require(server["url"]?.string)
    }

    // MARK: - Requests from outside of a sandbox

    /// A request of a model of Anthropic's that is good enough for a test.
    static let message: JSONValue = [
        "model": "claude-sonnet-4-5", "max_tokens": 5, "messages": [["role": "user", "content": "Hello"]],
    ]

    /// What such a request is answered: ten tokens in, twenty out.
    static let answer = """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Hello"}],\
        "stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":20}}
        """

    /// Sends a request through the gateway with a key, or with none.
    ///
    /// - Parameter session: the session through whose socket it goes; when left out it goes to the server's own address.
    func relay(
        _ path: String = "/anthropic/v1/messages", with key: String?, in header: String = "x-api-key", through session: String? = nil,
        _ body: JSONValue = SamFixture.message
    ) async throws -> Reply {
        let base = try session.map { try Self.base("\(home)/sockets/\($0)/gateway.sock") } ?? address() + "/gateway"
        return try await Self.relay(base + path, with: key, in: header, body)
    }

    /// The address of what listens on a Unix socket.
    static func base(_ socket: String) throws -> String {
        "http+unix://\(try #require(socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics)))"
    }

    /// Sends a request to a gateway with a key, or with none.
    static func relay(
        _ url: String, with key: String?, in header: String = "x-api-key", _ body: JSONValue = SamFixture.message,
        by client: HTTPClient = .shared
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        if let key { request.headers.add(name: header, value: header == "authorization" ? "Bearer \(key)" : key) }
        request.body = .bytes(ByteBuffer(bytes: try JSONLine.encode(body)))
        let response = try await client.execute(request, timeout: .seconds(60))
        let content = try await response.body.collect(upTo: 1 << 20)
        return Reply(
            status: Int(response.status.code), contentType: response.headers.first(name: "content-type") ?? "",
            body: Data(content.readableBytesView))
    }

    // MARK: - An agent in its sandbox

    /// Lets a session's agent, which is a shell, do something, and returns what came of it.
    func ask(_ session: String, _ script: String, as token: String? = nil) async throws -> String {
        let reply = try await call(.POST, "/api/v1/sessions/\(session)/prompts", as: token, ["text": .string(script)])
        let id = try #require(reply["id"]?.string, "\(reply.text)")
        var turn: [JSONValue] = []
        try await eventually("session \(session) has answered") {
            let log = try await call(.GET, "/api/v1/sessions/\(session)/events?limit=1000", as: token)["events"]?.elements ?? []
            func place(of kind: String) -> Int? {
                log.firstIndex { $0["kind"]?.string == kind && $0["payload"]?["prompt"]?.string == id }
            }
            guard let start = place(of: "turnStarted"), let end = place(of: "turnEnded") else { return false }
            turn = Array(log[start...end])
            return true
        }
        let said = turn.filter { $0["kind"] == "message" }.compactMap { $0["payload"]?["text"]?.string }.joined()
        let mark = said.range(of: "exit ", options: .backwards)?.lowerBound
        return String(said[..<(mark ?? said.endIndex)]).trimmingCharacters(in: .newlines)
    }

    /// What an agent types to ask its model, on the addresses and with the keys that its environment has. The status comes last.
    static let curl: [String: String] = [
        "anthropic": #"""
        curl -sS -w '\n%{http_code}' "$ANTHROPIC_BASE_URL/v1/messages" -H "authorization: Bearer $ANTHROPIC_AUTH_TOKEN" \
          -H 'content-type: application/json' -d '{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[]}'
        """#,
        "openai": #"""
        curl -sS -w '\n%{http_code}' "$OPENAI_BASE_URL/chat/completions" -H "authorization: Bearer $OPENAI_API_KEY" \
          -H 'content-type: application/json' -d '{"model":"gpt-5","max_tokens":5,"messages":[]}'
        """#,
    ]

    /// The lease in a session's environment, as its agent tells it.
    func lease(of session: String) async throws -> String {
        let lease = try await ask(session, #"printf %s "${ANTHROPIC_AUTH_TOKEN:-$OPENAI_API_KEY}""#)
        return try #require(lease.isEmpty ? nil : lease)
    }

    // MARK: - The report

    /// What was used, by the name of each line.
    func usage(by key: String, as token: String? = nil, _ more: String = "") async throws -> [String: JSONValue] {
        let reply = try await call(.GET, "/api/v1/usage?by=\(key)\(more)", as: token)
        let lines = try #require(reply["usage"]?.elements, "\(reply.text)")
        return Dictionary(lines.map { ($0["name"]?.string ?? "", $0) }, uniquingKeysWith: { one, _ in one })
    }
}
