import Foundation
import Testing

@testable import Wording

@Suite("Why something failed, in words")
struct ReasonTests {
    @Test(
        "A library's description becomes words",
        arguments: [
            (
                #"NIOConnectionError(host: "127.0.0.1", port: 1, dnsAError: nil, connectionErrors: [NIOPosix.SingleConnectionFailure(target: [IPv4]127.0.0.1:1, error: connection reset (error set): Connection refused (errno: 111))])"#,
                "connection refused"
            ),
            ("bind(descriptor:ptr:bytes:): Address already in use (errno: 98)", "address already in use"),
            ("HTTPClientError.connectTimeout", "connect timeout"), ("remoteConnectionClosed", "remote connection closed"),
            (
                #"handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED]))"#,
                "certificate verify failed"
            ),
            ("A sentence of its own.", "A sentence of its own."),
        ])
    func dumps(_ dump: String, _ words: String) {
        #expect(reason(inDump: dump) == words)
    }

    @Test("Errors of Foundation and of decoding say no more than a person understands")
    func foundation() {
        #expect(reason(of: POSIXError(.ENOSPC)) == "no space left on device")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Int].self, from: Data("{}".utf8)) }
        do { _ = try JSONDecoder().decode([Int].self, from: Data("{}".utf8)) } catch {
            #expect(reason(of: error) == "it has not the form that is expected: it is of another type.")
        }
        do { _ = try Data(contentsOf: URL(filePath: "/no/such/file")) } catch {
            let words = reason(of: error)
            #expect(!words.contains("Error Domain") && !words.contains("Code="), "\(words)")
        }
    }

    @Test("Every module of this package counts as its own")
    func modules() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources").standardizedFileURL
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources.path(percentEncoded: false))
        let c = ["CBrotli", "CPostgres", "CProcesses", "CSeccomp", "CZlib", "CZstd"]
        let swift = folders.filter { !c.contains($0) && !$0.hasPrefix(".") }.map { $0.replacing("-", with: "_") }
        #expect(Set(swift) == ownModules)
    }
}
