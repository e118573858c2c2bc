import NIOHTTP1
import Testing

@testable import Gateway

@Suite("Which headers go through")
struct HeaderRulesTests {
    private typealias Pairs = [(name: String, value: String)]

    private func upstream(
        _ headers: [(String, String)], credentials: Pairs = [("x-api-key", "sk-real")], framing: HeaderRules.Framing = .none,
        isAmended: Bool = false
    ) -> HTTPHeaders {
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/anthropic/v1/messages", headers: HTTPHeaders(headers))
        return HeaderRules.upstream(
            head, uri: "/v1/messages", host: "api.anthropic.com", credentials: credentials, framing: framing, isAmended: isAmended
        ).headers
    }

    private func client(
        _ headers: [(String, String)], status: HTTPResponseStatus = .ok, isToHead: Bool = false, closes: Bool = false,
        isAmended: Bool = false
    ) -> HTTPResponseHead {
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: HTTPHeaders(headers))
        return HeaderRules.client(head, isToHead: isToHead, closes: closes, isAmended: isAmended)
    }

    /// The headers but those that belong to one connection, or to the gateway, as lines.
    private func lines(_ headers: some Sequence<(name: String, value: String)>, without names: Set<String>) -> [String] {
        headers.filter { !names.contains($0.name.lowercased()) }.map { "\($0.name): \($0.value)" }
    }

    @Test("The request goes to the provider's own host and path")
    func destination() {
        let head = HTTPRequestHead(
            version: .http1_1, method: .PATCH, uri: "/anthropic/v1/x?a=b",
            headers: ["HOST": "127.0.0.1:4140", "host": "evil.example", "accept": "*/*"])
        let sent = HeaderRules.upstream(
            head, uri: "/base/v1/x?a=b", host: "house.example:8443", credentials: [], framing: .none, isAmended: false)
        #expect(sent.method == .PATCH && sent.uri == "/base/v1/x?a=b")
        #expect(sent.headers["host"] == ["house.example:8443"])
    }

    @Test(
        "Whatever keys the client sent, the provider sees the credential and nothing else",
        arguments: [
            ("x-api-key", "sk-real"), ("X-Api-Key", "sk-real"), ("Authorization", "Bearer real"), ("x-goog-api-key", "AIza-real"),
        ])
    func credentials(name: String, value: String) {
        let sent = upstream(
            [
                ("Authorization", "Bearer sam_lease_1"), ("x-api-key", "sk-theirs"), ("X-API-KEY", "sam_lease_2"), ("accept", "*/*"),
                ("AUTHORIZATION", "Basic dTpw"), ("authorization", ""), ("X-Goog-Api-Key", "AIza"), ("x-goog-api-key", "AIza2"),
                ("Proxy-Authorization", "Basic dTpw"),
            ], credentials: [(name, value)])
        for key in ["authorization", "x-api-key", "x-goog-api-key"] {
            #expect(sent[key] == (key == name.lowercased() ? [value] : []))
        }
        #expect(!sent.contains(name: "proxy-authorization"))
        #expect(sent["accept"] == ["*/*"])
    }

    @Test("A provider that takes no key gets none")
    func noCredentials() {
        let sent = upstream([("authorization", "Bearer sam_lease_1"), ("x-api-key", "k"), ("x-goog-api-key", "k")], credentials: [])
        #expect(!sent.contains { HeaderRules.carriesKey($0.name) })
    }

    @Test("The headers in which clients put keys are known in any case")
    func keyNames() {
        for name in ["authorization", "Authorization", "X-API-KEY", "x-api-key", "X-Goog-Api-Key"] {
            #expect(HeaderRules.carriesKey(name))
        }
        for name in ["accept", "host", "anthropic-beta", "content-length", "x-api-keys", ""] { #expect(!HeaderRules.carriesKey(name)) }
    }

    // The provider reads anthropic-beta to its end: the client's list must be there as it was, whatever a sign-in adds to it.
    @Test("A credential that needs a beta takes nothing from the client's own")
    func betas() {
        let sent = upstream(
            [("anthropic-beta", "a-2025-01-01, b-2025-02-02"), ("anthropic-beta", "c")],
            credentials: [("authorization", "Bearer t"), ("anthropic-beta", "oauth-2025-04-20")])
        let all = sent["anthropic-beta"].joined(separator: ",")
        #expect(all.contains("a-2025-01-01, b-2025-02-02") && all.contains("oauth-2025-04-20") && sent["authorization"] == ["Bearer t"])
        #expect(all.split(separator: ",").count == 4)
    }

    @Test("Everything else goes through byte for byte, in its order")
    func verbatim() {
        let headers: Pairs = [
            ("X-Stainless-Lang", "js"), ("anthropic-version", "2023-06-01"), ("anthropic-beta", "fine-grained-2025-05-14,x ,y"),
            ("Content-Type", "application/json; charset=UTF-8"), ("X-Dup", "2"), ("x-dup", "1"), ("X-Empty", ""),
            ("User-Agent", "claude-cli/2.1 (external, cli)"), ("OpenAI-Beta", "responses=v1"), ("X-Dup", "2"), ("x-umlaut", "grün 👾"),
            ("Accept-Encoding", "gzip, br;q=0.9"), ("anthropic-beta", "z"), ("Cookie", "a=b; key=c"), ("x-keep-alive", "no hop"),
        ]
        #expect(lines(upstream(headers.map { ($0.name, $0.value) }), without: ["host", "x-api-key"]) == lines(headers, without: []))
        let answer = client(headers.map { ($0.name, $0.value) } + [("Content-Length", "5")])
        #expect(lines(answer.headers, without: ["content-length"]) == lines(headers, without: []))
    }

    static let hops: [(String, String)] = [
        ("Connection", "keep-alive, X-Hop"), ("connection", "x-other-hop,close"), ("Keep-Alive", "timeout=5"), ("TE", "trailers"),
        ("Trailer", "x-sum"), ("Upgrade", "websocket"), ("Proxy-Connection", "keep-alive"), ("X-Hop", "1"), ("x-hop", "2"),
        ("X-Other-Hop", "3"), ("X-Stays", "4"),
    ]
    static let hopNames: Set<String> = ["keep-alive", "te", "trailer", "upgrade", "proxy-connection", "x-hop", "x-other-hop"]

    @Test("What is meant for one hop goes no further, in either direction")
    func hopByHop() {
        for headers in [upstream(Self.hops), client(Self.hops + [("Proxy-Authenticate", "Basic")]).headers] {
            for name in Self.hopNames { #expect(!headers.contains(name: name), "\(name)") }
            #expect(!headers.contains(name: "proxy-authenticate"))
            #expect(headers["x-stays"] == ["4"])
            #expect(!headers[canonicalForm: "connection"].contains { ["x-hop", "x-other-hop", "close"].contains($0.lowercased()) })
        }
    }

    // Otherwise a client could make the provider read the body of one request as the head of the next.
    @Test("Naming the framing, the host or the credential as a hop's header does not remove it")
    func protected() {
        let names = "close, Content-Length, Host, Transfer-Encoding, X-Api-Key, Authorization"
        let sent = upstream(
            [("Connection", names), ("content-length", "5"), ("host", "x"), ("authorization", "Bearer l")], framing: .length(5))
        #expect(sent["content-length"] == ["5"] && sent["host"] == ["api.anthropic.com"] && sent["x-api-key"] == ["sk-real"])
        #expect(upstream([("Connection", names), ("transfer-encoding", "chunked")], framing: .chunked)["transfer-encoding"] == ["chunked"])
        #expect(client([("Connection", "content-length"), ("Content-Length", "7")]).headers["content-length"] == ["7"])
    }

    @Test("An answer that has to be read is not asked for compressed")
    func identity() {
        let sent = upstream([("Accept-Encoding", "gzip"), ("accept-encoding", "br, zstd")], isAmended: true)
        #expect(sent["accept-encoding"].allSatisfy { $0 == "identity" })
    }
}
