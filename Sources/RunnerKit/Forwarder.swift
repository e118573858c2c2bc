import NIOCore
import NIOPosix
import Tunnels

/// Carries connections from a loopback port inside a sandbox to a Unix socket that is bound into it.
///
/// It is all of the network that a sandbox has.
public struct Forwarder: Sendable {
    private let listener: any Channel

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - port: on 127.0.0.1.
    ///   - socket: the Unix socket's path. It need not be there yet, and may come and go: a connection for which nobody listens
    ///     is closed.
    /// - Throws: when the port is taken.
    public init(port: Int, socket: String) async throws {
        listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { near in
                near.eventLoop.makeCompletedFuture {
                    let nearEnd = Tunnel()
                    try near.pipeline.syncOperations.addHandler(nearEnd)
                    Self.connect(nearEnd, on: near, to: socket)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    /// The port that was bound; interesting when 0 was asked for.
    public var port: Int? { listener.localAddress?.port }

    /// Forwards until the task is cancelled.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
    }

    private static func connect(_ nearEnd: Tunnel, on near: any Channel, to socket: String) {
        ClientBootstrap(group: near.eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { far in
                far.eventLoop.makeCompletedFuture { try far.pipeline.syncOperations.addHandler(Tunnel()) }
            }
            .connect(unixDomainSocketPath: socket).assumeIsolated()
            .whenComplete { result in
                do {
                    let far = try result.get()
                    Tunnel.join(nearEnd, on: near, try far.pipeline.syncOperations.handler(type: Tunnel.self), on: far)
                } catch {
                    near.close(promise: nil)
                }
            }
    }
}
