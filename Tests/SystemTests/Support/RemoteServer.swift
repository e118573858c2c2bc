import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOSSL
import Processes
import TestSupport
import Testing

/// A server that listens for workspaces on other machines.
enum RemoteServer {
    /// A client that takes this certificate for good.
    static func withClient<Result>(trusting certificate: String, _ body: (HTTPClient) async throws -> Result) async throws -> Result {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(certificate))]
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // A connection that is refused is tried again for ten seconds otherwise.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    /// A server that listens for workspaces elsewhere, with a provider behind it.
    static func with(
        descriptors: Int? = nil, answering answer: RecordingUpstream.Answer = .json(SamFixture.answer),
        _ body: (SamFixture, RecordingUpstream, _ remote: String, _ certificate: String) async throws -> Void
    ) async throws {
        try await RecordingUpstream.with({ _ in answer }) { upstream in
            try await SamFixture.with { sam in
                let (certificate, key) = try await sam.certificate()
                try await sam.serve("--remote", "127.0.0.1:0", "--certificate", certificate, "--key", key, descriptors: descriptors)
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
    /// Makes a certificate for this machine, and its key.
    func certificate() async throws -> (certificate: String, key: String) {
        let (certificate, key) = ("\(scratch)/chain.pem", "\(scratch)/key.pem")
        let made = try await Command(
            "/usr/bin/openssl",
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                + ["-keyout", key, "-out", certificate, "-subj", "/CN=sam", "-addext", "subjectAltName=IP:127.0.0.1"],
            environment: [:]
        ).run()
        try #require(made.termination.isSuccess, "\(made.standardError)")
        return (certificate, key)
    }

    /// Makes a session's socket as on another machine, with `sam-runner relay`.
    ///
    /// - Returns: the address of what is behind it.
    func carry(_ name: String, token: String, to server: String, trusting certificate: String?) async throws -> String {
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
