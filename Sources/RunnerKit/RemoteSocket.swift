import AgentProtocol
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Tunnels

/// A session's socket on a machine other than the server's: each connection is forwarded to the server over TLS, with the runner's token,
/// and becomes a connection to the session's socket there.
///
/// It runs outside the sandbox, like everything that has the token.
public struct RemoteSocket: Sendable {
    /// The server's address for workspaces on other machines.
    public struct Server: Sendable {
        /// The host; IPv6 addresses without brackets.
        public var host: String
        /// The port; 443 by default.
        public var port: Int

        /// Parses an address like `https://sam.example.org:7261`.
        ///
        /// - Returns: `nil` for anything else.
        public init?(_ text: String) {
            guard let parts = URLComponents(string: text), parts.scheme == "https", let host = parts.host, !host.isEmpty,
                parts.path.isEmpty || parts.path == "/", parts.user == nil, parts.query == nil
            else { return nil }
            self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            port = parts.port ?? 443
        }
    }

    private let listener: any Channel

    /// The time limit for connecting to a server. TLS and the upgrade get the same again.
    private static let connectTimeout = TimeAmount.seconds(10)

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - path: the Unix socket's path; a stale socket there is replaced.
    ///   - token: the runner's token.
    ///   - trustRoots: a PEM file of certificates to trust in addition to the system's.
    /// - Throws: if the path can't be bound or the certificates can't be read.
    public init(path: String, to server: Server, token: String, trustRoots: String? = nil) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        if let trustRoots { configuration.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(trustRoots))] }
        let context = try NIOSSLContext(configuration: configuration)
        listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { near in
                near.eventLoop.makeCompletedFuture {
                    let nearEnd = Tunnel()
                    try near.pipeline.syncOperations.addHandler(nearEnd)
                    Self.connect(nearEnd, on: near, to: server, token, context)
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
    }

    /// Forwards connections until the task is cancelled.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
    }

    private static func connect(_ nearEnd: Tunnel, on near: any Channel, to server: Server, _ token: String, _ context: NIOSSLContext) {
        let upgraded = near.eventLoop.makePromise(of: (any Channel).self)
        let deadline = near.eventLoop.scheduleTask(in: Self.connectTimeout * 2) {
            upgraded.fail(ChannelError.connectTimeout(Self.connectTimeout))
        }
        ClientBootstrap(group: near.eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { far in
                // Closes the connection if the upgrade failed or timed out.
                upgraded.futureResult.whenFailure { _ in far.close(promise: nil) }
                far.eventLoop.makeCompletedFuture { try upgrade(far, on: server, token, context) }
                    .flatMap { $0 }.map { far }.cascade(to: upgraded)
                return far.eventLoop.makeSucceededVoidFuture()
            }
            .connect(host: server.host, port: server.port).cascadeFailure(to: upgraded)
        upgraded.futureResult.assumeIsolated().whenComplete { result in
            deadline.cancel()
            do {
                let far = try result.get()
                Tunnel.join(nearEnd, on: near, try far.pipeline.syncOperations.handler(type: Tunnel.self), on: far)
            } catch {
                near.close(promise: nil)
            }
        }
    }

    /// Upgrades the connection to the session's. The resulting tunnel does not read before it is joined.
    private static func upgrade(
        _ far: any Channel, on server: Server, _ token: String, _ context: NIOSSLContext
    ) throws -> EventLoopFuture<Void> {
        let isAddress = (try? SocketAddress(ipAddress: server.host, port: 0)) != nil
        let operations = far.pipeline.syncOperations
        try operations.addHandler(NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : server.host))
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: SessionUpgrade.path,
            headers: ["host": server.host, "content-length": "0", "authorization": "Bearer \(token)"])
        let configuration = NIOUpgradableHTTPClientPipelineConfiguration<Void>(
            upgradeConfiguration: .init(
                upgradeRequestHead: head, upgraders: [Upgrader()],
                notUpgradingCompletionHandler: { far in
                    far.close(promise: nil)
                    return far.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
                }))
        return try operations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    private struct Upgrader: NIOTypedHTTPClientProtocolUpgrader {
        let supportedProtocol = SessionUpgrade.name
        let requiredUpgradeHeaders: [String] = []

        func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {}
        func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool { true }

        func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<Void> {
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Tunnel()) }
        }
    }
}
