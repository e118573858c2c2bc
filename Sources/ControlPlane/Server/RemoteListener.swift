import AgentProtocol
import Credentials
import Foundation
import Gateway
import Limits
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Sessions
import Wording

/// Listens with TLS for workspaces on other machines: a runner's token turns a connection into its session's, and a person's key
/// opens what it opens under `/gateway`. The control plane's own API is not there.
struct RemoteListener: Service {
    private let channel: any Channel
    private let host: String

    /// Where it is reached, as far as the address that it listens on tells.
    var url: String { "https://\(host.contains(":") ? "[\(host)]" : host):\(channel.localAddress?.port ?? 0)" }

    /// Begins to listen.
    ///
    /// - Throws: ``ServerError`` that names the file or the address that can't be used.
    init(_ options: Server.Options.Remote, gateway: Gateway, engine: SessionEngine, sockets: SessionSockets, admission: Admission)
        async throws
    {
        let context = try Self.context(options)
        host = options.host
        let gate = RemoteGate { token, channel in
            guard let runner = try? await engine.runner(withToken: token), await sockets.take(channel, for: runner.session) else {
                return nil
            }
            return SessionReference(rawValue: runner.session.rawValue)
        }
        do {
            channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer(admission.gate)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try gateway.serve(channel, through: gate, showing: context) }
                }
                .bind(host: options.host, port: options.port).get()
        } catch {
            throw ServerError("\(options.host):\(options.port) can't be listened on for workspaces elsewhere: \(reason(of: error))")
        }
    }

    private static func context(_ options: Server.Options.Remote) throws(ServerError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(options.certificate)
        } catch {
            throw ServerError("There is no certificate in PEM in \(options.certificate): \(reason(of: error))")
        }
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: options.key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ServerError("\(options.key) holds no key in PEM, or not that of \(options.certificate): \(reason(of: error))")
        }
    }

    func run() async throws {
        try? await gracefulShutdown()
        try? await channel.close()
    }
}
