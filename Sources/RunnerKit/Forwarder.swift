import NIOCore
import NIOPosix
import Tunnels

/// Forwards connections from a loopback port in a sandbox to a Unix socket that is mounted into it.
///
/// This is a sandbox's only network access.
public struct Forwarder: Sendable {
    private let listener: any Channel

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - port: the port on 127.0.0.1.
    ///   - socket: the Unix socket's path. It need not exist yet; connections are closed while nobody listens on it.
    /// - Throws: if the port is in use.
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

    /// The bound port, which differs from the requested one if that was 0.
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
