import NIOHTTP1
import Testing

@testable import SystemSupport

/// Requests that say two things at once, or are written so that one reader takes them for this and another for that.
@Suite("Requests to the egress proxy")
struct EgressRequestTests {
    @Test("A request goes to the host in its address, which is the one that the server is told, and what is for the proxy stays there")
    func hostHeader() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            for hosts in [["evil.example"], ["evil.example", "other.example"], [outside.authority], []] {
                let headers = hosts.map { "Host: \($0)\\r\\n" }.joined()
                let said = try await sam.ask(
                    session,
                    SamFixture.connecting
                        + """
                        raw 4141 'GET http://\(outside.authority)/hello?a=b%20c HTTP/1.1\\r\\n\(headers)Proxy-Connection: keep-alive\\r\\n\
                        Proxy-Authorization: Basic c2VjcmV0\\r\\nConnection: x-hop\\r\\nX-Hop: 1\\r\\nX-Kept: 2\\r\\n\\r\\n'
                        """)
                #expect(said.hasSuffix("from outside"), "\(said)")
                let request = try #require(outside.requests.last)
                #expect(request.headers["host"] == [outside.authority], "\(hosts)")
                #expect(request.uri == "/hello?a=b%20c")
                #expect(request.headers["x-kept"] == ["2"])
                for name in ["proxy-connection", "proxy-authorization", "x-hop"] {
                    #expect(!request.headers.contains(name: name), "\(name)")
                }
            }
            #expect(outside.requests.count == 4)
        }
    }

    @Test("A second request on a connection doesn't get through to another host on the first one's ticket")
    func pipelined() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await OutsideServer.with(folder: sam.scratch + "/outside") { other in
                try await sam.allow(outside.authority, private: [outside.authority, other.authority])
                let session = try await sam.shell()
                func get(_ authority: String, _ path: String, _ more: String = "") -> String {
                    "GET http://\(authority)\(path) HTTP/1.1\\r\\nHost: \(authority)\\r\\n\(more)\\r\\n"
                }
                let body = get(other.authority, "/within")
                let first = get(outside.authority, "/hello", "Content-Length: 0\\r\\n")
                for second in [
                    get(other.authority, "/second"), "CONNECT \(other.authority) HTTP/1.1\\r\\n\\r\\n",
                    "GET /second HTTP/1.1\\r\\nHost: \(other.authority)\\r\\n\\r\\n",
                ] {
                    let said = try await sam.ask(session, "\(SamFixture.connecting)raw 4141 '\(first)\(second)'")
                    #expect(said.contains("from outside"), "The first is answered: \(said)")
                }
                // What is a request to one reader and a body to another.
                _ = try await sam.ask(
                    session,
                    """
                    \(SamFixture.connecting)raw 4141 'POST http://\(outside.authority)/both HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 4\\r\\n\
                    Transfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n\(body)'
                    """)
                #expect(other.requests.isEmpty)
                #expect(Set(outside.requests.map(\.uri)).isSubset(of: ["/hello", "/both"]), "\(outside.requests.map(\.uri))")

                try await sam.allow(outside.authority, other.authority, private: [outside.authority, other.authority])
                let alone = try await sam.ask(session, "\(SamFixture.connecting)raw 4141 '\(get(other.authority, "/hello"))'")
                #expect(alone.hasSuffix("from outside") && other.requests.count == 1, "On a connection of its own it gets through")
            }
        }
    }

    /// `HERE` stands for a server that is on the list.
    private static let malformed = [
        "GET http://HERE@evil.example/hello", "GET http://evil.example@HERE/hello", "GET http://user:word@HERE/hello", "CONNECT user@HERE",
        "CONNECT HERE@evil.example:443", "CONNECT http://HERE/", "CONNECT HERE/hello", "CONNECT 127.0.0.1", "CONNECT :80",
        "CONNECT 127.0.0.1:0", "CONNECT 127.0.0.1:65536", "CONNECT 127.0.0.1:-1", "GET https://HERE/hello", "GET ftp://HERE/hello",
        "GET http:///hello", "GET http://", "GET HERE/hello", "GET //HERE/hello", "GET http://evil.example%23@HERE/",
        "GET http://evil.example%2f@HERE/",
        #"GET http://evil.example\x5c@HERE/hello"#, "GET http://evil.example#@HERE/hello", #"GET http://HERE\x07/hello"#,
        #"CONNECT HERE\x1b[31m"#, #"CONNECT evil\x00.example:443"#,
    ]

    @Test("An address with a name and password, without a host or with more in it is refused, and the connection ended")
    func malformed() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            func send(_ line: String) -> String {
                let line = line.replacing("HERE", with: outside.authority)
                return "raw 4141 '\(line) HTTP/1.1\\r\\nHost: \(outside.authority)\\r\\nConnection: close\\r\\n\\r\\n'\n"
            }
            for line in Self.malformed {
                let said = try await sam.ask(session, SamFixture.connecting + send(line))
                #expect(said.hasPrefix("HTTP/1.1 4"), "\(line): \(said)")
                #expect(!said.contains("from outside") && outside.requests.isEmpty, "\(line)")
                #expect(!said.contains("(hung)"), "It says that it closes, and does: \(line)")
            }
            let control = try await sam.ask(session, SamFixture.connecting + send("GET http://HERE/hello"))
            #expect(control.hasSuffix("from outside"), "\(control)")
            #expect(outside.requests.count == 1)
        }
    }

    @Test("A request without a host is the gateway's to answer, and doesn't get out by its Host header", arguments: ["/", "/hello", "*"])
    func originForm(_ path: String) async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            let method = path == "*" ? "OPTIONS" : "GET"
            let said = try await sam.ask(
                session,
                SamFixture.connecting
                    + "raw 4141 '\(method) \(path) HTTP/1.1\\r\\nHost: \(outside.authority)\\r\\nConnection: close\\r\\n\\r\\n'")
            #expect(said.hasPrefix("HTTP/1.1 4"), "\(said)")
            #expect(outside.requests.isEmpty)
            let whole = try await sam.ask(session, outside.hello)
            #expect(whole == "from outside")
        }
    }
}
