import NIOCore
import NIOPosix
import Testing

@testable import ControlPlane

@Suite("The connections of a listener")
struct OpenConnectionsTests {
    /// Runs a body with the two ends of a connection.
    private func with(_ body: (_ accepted: any Channel, _ client: any Channel) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let accepted = group.next().makePromise(of: (any Channel).self)
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                accepted.succeed(channel)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try await ClientBootstrap(group: group).connect(to: try #require(listener.localAddress)).get()
        try await body(try await accepted.futureResult.get(), client)
        try? await client.close()
        try await listener.close()
    }

    @Test("One that is added after the end is closed at once")
    func late() async throws {
        try await with { accepted, client in
            let connections = OpenConnections()
            connections.closeAll()
            connections.add(accepted)
            try await client.closeFuture.get()
        }
        try await with { accepted, client in
            let connections = OpenConnections()
            await connections.finish(within: .zero)
            connections.add(accepted)
            try await client.closeFuture.get()
        }
    }

    @Test("One whose request does not end is closed when the time is over, and one that was taken out stays open")
    func limit() async throws {
        try await with { accepted, client in
            let connections = OpenConnections()
            connections.add(accepted)
            await connections.finish(within: .milliseconds(10))
            try await client.closeFuture.get()
        }
        try await with { accepted, client in
            let connections = OpenConnections()
            connections.add(accepted)
            connections.remove(accepted)
            connections.closeAll()
            #expect(accepted.isActive)
        }
    }
}
