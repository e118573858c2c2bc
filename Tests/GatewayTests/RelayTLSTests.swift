import Accounts
import Credentials
import Foundation
import Metering
import TestSupport
import Testing

/// Makes a private key and a certificate that vouches for itself.
///
/// - Parameter name: what it is for, as `DNS:host` or `IP:address`.
func selfSignedCertificate(for name: String, in folder: String) throws -> (chain: String, key: String) {
    let base = folder + "/" + UUID().uuidString
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/env")
    openssl.arguments =
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        + ["-keyout", base + ".key", "-out", base + ".pem", "-subj", "/CN=scripted", "-addext", "subjectAltName=\(name)"]
    openssl.standardError = FileHandle.nullDevice
    openssl.standardOutput = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    try #require(openssl.terminationStatus == 0, "openssl makes a certificate")
    return (base + ".pem", base + ".key")
}

@Suite("A provider's certificate", .timeLimit(.minutes(20)))
struct RelayTLSTests {
    struct Certificate: Sendable, CustomTestStringConvertible {
        var name: String
        var host: String
        var isTrusted: Bool
        var isGood: Bool

        var testDescription: String { "for \(name), at \(host), \(isTrusted ? "trusted" : "unknown")" }
    }

    @Test(
        "Nothing is sent to who can't show one that holds",
        arguments: [
            Certificate(name: "DNS:localhost", host: "localhost", isTrusted: true, isGood: true),
            Certificate(name: "IP:127.0.0.1", host: "127.0.0.1", isTrusted: true, isGood: true),
            Certificate(name: "DNS:localhost", host: "localhost", isTrusted: false, isGood: false),
            Certificate(name: "IP:127.0.0.1", host: "127.0.0.1", isTrusted: false, isGood: false),
            Certificate(name: "DNS:elsewhere.example", host: "localhost", isTrusted: true, isGood: false),
            Certificate(name: "DNS:localhost", host: "127.0.0.1", isTrusted: true, isGood: false),
            Certificate(name: "IP:127.0.0.2", host: "127.0.0.1", isTrusted: true, isGood: false),
            Certificate(name: "DNS:*.localhost", host: "localhost", isTrusted: true, isGood: false),
        ])
    func held(certificate: Certificate) async throws {
        let folder = NSTemporaryDirectory() + "certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try selfSignedCertificate(for: certificate.name, in: folder)
        let trustRoots = certificate.isTrusted ? made.chain : nil
        try await GatewayFixture.with(trustRoots: trustRoots, certificate: made) { fixture in
            fixture.upstream.answering(ScriptedUpstream.answer(#"{"ok":true}"#))
            try await fixture.limit("100", at: .platform)
            try await fixture.point(.anthropic, at: "https://\(certificate.host):\(fixture.upstream.port)")
            let door = try await fixture.session()
            let client = try await door.connect()
            for _ in 0..<2 {
                try await client.send(door.request("/anthropic/v1/messages", body: #"{"max_tokens":1}"#))
                let answer = try await client.message(answering: "POST")
                if certificate.isGood {
                    #expect(answer.status == 200)
                    #expect(answer.text == #"{"ok":true}"#)
                } else {
                    #expect((500..<600).contains(answer.status))
                    #expect(answer.isRefusal(.anthropic))
                    // An administrator set the address, and who asks is not told it; TLS's own words could hold it.
                    #expect(answer.text.contains("anthropic showed no certificate that holds"))
                    for part in [certificate.host, String(fixture.upstream.port)] { #expect(!answer.text.contains(part), "\(answer.text)") }
                }
            }
            let secret = GatewayFixture.secret("anthropic")
            #expect(fixture.upstream.requests.map { $0.values("x-api-key") } == (certificate.isGood ? [[secret], [secret]] : []))
            if !certificate.isGood { #expect(try await fixture.rows().reduce(.zero) { $0 + $1.cost } == .zero) }
            _ = try await fixture.rows(certificate.isGood ? 2 : 0)
            #expect(try await fixture.reserved() == .zero)
        }
    }

    @Test("A server without TLS is refused, and gets nothing but a hello")
    func plain() async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            try await fixture.point(.anthropic, at: fixture.upstream.url.replacing("http:", with: "https:"))
            let client = try await door.connect()
            try await client.send(door.request("/anthropic/v1/messages"))
            let provider = try await fixture.upstream.accept()
            try await eventually("a hello") { provider.current.count > 0 ? () : nil }
            try await provider.send(ScriptedUpstream.answer("hello"))
            let answer = try await client.message(answering: "POST")
            #expect((500..<600).contains(answer.status))
            #expect(answer.isRefusal(.anthropic))
            let heard = String(decoding: try await provider.end(), as: UTF8.self)
            #expect(!heard.contains("sk-anthropic") && !heard.contains("/v1/messages"))
        }
    }
}
