import NIOCore
import NIOPosix

/// Carries connections from a loopback port inside a sandbox to a Unix socket that is bound into it.
///
/// It is all of the network that a sandbox has.
public struct Forwarder: Sendable {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let listener: NIOAsyncChannel<Connection, Never>
    private let socket: String

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - port: on 127.0.0.1.
    ///   - socket: the Unix socket's path. It need not be there yet, and may come and go.
    /// - Throws: when the port is taken.
    public init(port: Int, socket: String) async throws {
        self.socket = socket
        listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: port, childChannelInitializer: Self.wrap)
    }

    /// The port that was bound; interesting when 0 was asked for.
    public var port: Int? { listener.channel.localAddress?.port }

    /// Forwards until the task is cancelled.
    public func run() async throws {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { await forward(connection) }
                }
            }
        }
    }

    /// Either side may close its half first. When the socket does not answer, the connection is closed.
    private func forward(_ near: Connection) async {
        try? await near.executeThenClose { nearInbound, nearOutbound in
            let far = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connect(unixDomainSocketPath: socket, channelInitializer: Self.wrap)
            try await far.executeThenClose { farInbound, farOutbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for try await bytes in nearInbound { try await farOutbound.write(bytes) }
                        farOutbound.finish()
                    }
                    group.addTask {
                        for try await bytes in farInbound { try await nearOutbound.write(bytes) }
                        nearOutbound.finish()
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    private static func wrap(_ channel: any Channel) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }
}
