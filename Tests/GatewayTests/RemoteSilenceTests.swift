import Credentials
import Foundation
import Gateway
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

/// Silence on connections from elsewhere.
@Suite("A connection from elsewhere that is silent", .timeLimit(.minutes(10)))
struct RemoteSilenceTests {
    @Test("It is closed, unless it is a session's: that one is served after any silence")
    func silence() async throws {
        let folder = NSTemporaryDirectory() + "silence-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try selfSignedCertificate(for: "DNS:localhost", in: folder)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(made.chain).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: made.key, format: .pem))))
        var limits = RelayLimits()
        limits.silence = .milliseconds(400)
        try await GatewayFixture.with(limits: limits) { fixture in
            let gate = RemoteGate { token, _ in token == "r_1" ? SessionReference(rawValue: "s_1") : nil }
            let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try fixture.gateway.serve(channel, through: gate, showing: context) }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let address = try #require(listener.localAddress)
            do {
                let session = try await eventually("a connection is a session's") {
                    do {
                        let wire = try await Self.connect(address)
                        try await wire.send(
                            "GET /runner/v1/gateway HTTP/1.1\r\nhost: x\r\nauthorization: Bearer r_1\r\n"
                                + "connection: upgrade\r\nupgrade: sam-session\r\n\r\n")
                        try await wire.sees("101 ")
                        try await wire.sees("\r\n\r\n")
                        return wire
                    } catch {
                        return nil as RawWire?
                    }
                }
                for _ in 0..<2 { #expect(try await Self.connect(address).end().isEmpty, "Closed for its silence") }
                try await session.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
                try await session.sees("ok\n")
                await session.close()
                try await listener.close()
            } catch {
                try? await listener.close()
                throw error
            }
        }
    }

    private static func connect(_ address: SocketAddress) async throws -> RawWire {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let wire = RawWire()
        _ = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        try NIOSSLClientHandler(context: context, serverHostname: nil), wire,
                    ])
                }
            }
            .connect(to: address).get()
        return wire
    }
}
