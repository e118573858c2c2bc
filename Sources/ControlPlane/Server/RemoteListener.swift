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

/// The TLS listener for workspaces on other machines: a runner's token opens the runners' API or turns a connection into one of its session,
/// and a person's key works under `/gateway`. It does not serve the API for people.
struct RemoteListener: Service {
    private let channel: any Channel
    private let host: String
    /// The connections with requests of people's keys. At the end, those under way get ``requestLimit``.
    private let people = OpenConnections()
    /// The connections to the runners' API, whose streams have no end. Runners connect again, and repeat what was not answered.
    private let runnerConnections = OpenConnections()

    /// How long requests under way may take after the listener has closed.
    static let requestLimit = Duration.seconds(10)

    /// The URL, as far as the bound address shows it.
    var url: String { "https://\(host.contains(":") ? "[\(host)]" : host):\(channel.localAddress?.port ?? 0)" }

    /// Starts to listen.
    ///
    /// - Throws: ``ServerError`` that names the file or address that can't be used.
    init(
        _ options: Server.Options.Remote, gateway: Gateway, runners: RunnerIntake, sockets: SessionSockets, admission: Admission,
        api: RunnerChannel
    ) async throws {
        let context = try Self.context(options)
        host = options.host
        let gate = RemoteGate(
            admit: { token, channel in
                guard let runner = try? await runners.runner(withToken: token), await sockets.take(channel, for: runner.session) else {
                    return nil
                }
                return SessionReference(rawValue: runner.session.rawValue)
            },
            serve: { [people, runnerConnections] channel in
                people.add(channel)
                // The gateway takes people's requests before.
                try channel.pipeline.syncOperations.addHandler(
                    FirstRead {
                        people.remove(channel)
                        runnerConnections.add(channel)
                    })
                try api.serve(channel)
            })
        do {
            channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer(admission.open.gate)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try gateway.serve(channel, through: gate, showing: context) }
                }
                .bind(host: options.host, port: options.port).get()
        } catch {
            throw ListenAddress(host: options.host, port: options.port, option: .remote).explained(error)
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
        runnerConnections.closeAll()
        await people.finish(within: Self.requestLimit)
    }
}
