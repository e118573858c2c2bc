import Foundation
import NIOHTTP1
import NIOPosix
import NIOSSL
import Testing

@testable import Gateway

@Suite("A request to a token endpoint", .timeLimit(.minutes(20)))
struct TokenCallTests {
    /// What a test's endpoint does with a connection.
    typealias Act = @Sendable (RawWire) async throws -> Void

    /// An endpoint that reads the whole request before it does something.
    struct Endpoint: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var act: Act

        init(_ name: String, _ act: @escaping Act) {
            testDescription = name
            self.act = act
        }

        /// Sends this and closes.
        init(sending text: String) {
            self.init(text.replacing("\r\n", with: " ")) {
                try await $0.send(text)
                await $0.close()
            }
        }
    }

    private static let fields = Data(#"{"refresh_token":"rt_1"}"#.utf8)

    private func client(_ fixture: GatewayFixture, trusting roots: String? = nil) throws -> TokenClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let roots { tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(roots))] }
        return TokenClient(
            endpoints: fixture.gateway.endpoints, tls: tls, group: .singletonMultiThreadedEventLoopGroup, now: { GatewayFixture.now })
    }

    // MARK: - Not sent

    @Test(
        "An endpoint that is not there got nothing",
        arguments: ["http://127.0.0.1:1/", "http://localhost:1/", "http://nowhere.invalid/oauth/token", "https://[::1]:1/"])
    func absent(url: String) async throws {
        try await GatewayFixture.with { fixture in
            expectNotSent(try await client(fixture).post(Self.fields, to: url))
        }
    }

    @Test(
        "One that breaks off, says nonsense or ends before TLS is there got nothing",
        arguments: ["reset", "HTTP/1.1 400 Bad\r\n\r\n", ""])
    func handshake(way: String) async throws {
        try await GatewayFixture.with { fixture in
            let tokens = try client(fixture)
            let url = "https://127.0.0.1:\(fixture.upstream.port)/oauth/token"
            async let answer = tokens.post(Self.fields, to: url)
            let wire = try await fixture.upstream.accept()
            _ = try await wire.take(1)
            if way == "reset" { try await wire.reset() } else { try await wire.send(way) }
            await wire.close()
            expectNotSent(await answer)
        }
    }

    @Test("One without a certificate that holds got nothing")
    func certificate() async throws {
        try await withCertificate { fixture, _ in
            let answer = try await client(fixture).post(Self.fields, to: "https://127.0.0.1:\(fixture.upstream.port)/")
            expectNotSent(answer)
            #expect(fixture.upstream.requests.isEmpty)
        }
    }

    private func expectNotSent(_ answer: TokenAnswer, sourceLocation: SourceLocation = #_sourceLocation) {
        guard case .notSent(let why) = answer else {
            Issue.record("\(answer)", sourceLocation: sourceLocation)
            return
        }
        #expect(!why.contains("rt_1"), sourceLocation: sourceLocation)
    }

    // MARK: - Sent, and not answered whole

    static let broken = [
        Endpoint("resets") { try await $0.reset() },
        Endpoint("closes") { await $0.close() },
        Endpoint("goes on, and closes") {
            try await $0.send("HTTP/1.1 100 Continue\r\n\r\n")
            await $0.close()
        },
        Endpoint(sending: "HTTP/1.1 200 OK\r\nContent-Le"),
        Endpoint(sending: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\""),
        Endpoint(sending: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\n<html>"),
        Endpoint(sending: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        Endpoint(sending: "SSH-2.0-OpenSSH_9.9\r\n"),
    ]

    @Test("One that has the whole request and breaks off may have done what it was asked for", arguments: broken)
    func cut(endpoint: Endpoint) async throws {
        try await GatewayFixture.with { fixture in
            let answer = try await ask(endpoint, fixture, try client(fixture), "http")
            #expect(answer == .broken)
        }
    }

    @Test("So may one behind TLS", arguments: [broken[0], broken[1], broken[4]])
    func cutTLS(endpoint: Endpoint) async throws {
        try await withCertificate { fixture, roots in
            let answer = try await ask(endpoint, fixture, try client(fixture, trusting: roots), "https")
            #expect(answer == .broken)
        }
    }

    // MARK: - Answered whole

    static let whole = [
        Endpoint(sending: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        Endpoint(sending: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        Endpoint(sending: "HTTP/1.1 200 OK\r\n\r\nhello"),
        Endpoint(sending: "HTTP/1.0 200 OK\r\n\r\nhello"),
        Endpoint(sending: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        Endpoint("compressed") {
            // "hello", as gzip writes it.
            let body: [UInt8] = [
                0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
            ]
            try await $0.send(
                Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
            await $0.close()
        },
    ]

    @Test("An answer is whole in whatever form it comes", arguments: whole)
    func answered(endpoint: Endpoint) async throws {
        try await GatewayFixture.with { fixture in
            guard case .whole(let head, let body) = try await ask(endpoint, fixture, try client(fixture), "http") else {
                Issue.record("It is not")
                return
            }
            #expect(head.status == .ok && body == Data("hello".utf8))
        }
    }

    @Test("A page of two megabytes is an answer: no more of it is read than one")
    func large() async throws {
        try await GatewayFixture.with { fixture in
            let page = String(repeating: "<p>", count: 700_000)
            let endpoint = Endpoint(sending: "HTTP/1.1 503 Later\r\nContent-Length: \(page.utf8.count)\r\n\r\n\(page)")
            guard case .whole(let head, let body) = try await ask(endpoint, fixture, try client(fixture), "http") else {
                Issue.record("It is none")
                return
            }
            #expect(head.status.code == 503 && body.count == 1 << 20)
        }
    }

    @Test("One that answers without reading the request is heard")
    func early() async throws {
        try await GatewayFixture.with { fixture in
            let tokens = try client(fixture)
            let url = "http://127.0.0.1:\(fixture.upstream.port)/oauth/token?x=1"
            async let answer = tokens.post(Self.fields, to: url)
            try await fixture.upstream.accept().send("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")
            guard case .whole(let head, _) = await answer else {
                Issue.record("It is not")
                return
            }
            #expect(head.status == .found)
        }
    }

    // MARK: - The wire

    private func ask(_ endpoint: Endpoint, _ fixture: GatewayFixture, _ client: TokenClient, _ scheme: String) async throws -> TokenAnswer {
        let url = "\(scheme)://127.0.0.1:\(fixture.upstream.port)/oauth/token?x=1"
        async let answer = client.post(Self.fields, to: url)
        let wire = try await fixture.upstream.accept()
        let request = try await wire.message()
        #expect(request.start == "POST /oauth/token?x=1 HTTP/1.1" && Data(request.body) == Self.fields)
        try await endpoint.act(wire)
        return await answer
    }

    private func withCertificate(_ body: (GatewayFixture, String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try selfSignedCertificate(for: "IP:127.0.0.1", in: folder)
        try await GatewayFixture.with(certificate: made) { try await body($0, made.chain) }
    }
}
