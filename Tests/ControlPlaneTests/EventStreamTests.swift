import Hummingbird
import HummingbirdCore
import Limits
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Clients of event streams, over a socket.
@Suite("Event streams", .timeLimit(.minutes(5)))
struct EventStreamTests {
    /// Who may follow, and what the server has of each.
    private final class World: Sendable {
        /// Exists as long as one stream does.
        final class Held: Sendable {}
        private struct Weak: Sendable {
            weak var held: Held?
        }
        private struct State {
            var shutOut: Set<String> = []
            var streams: [String: Weak] = [:]
            var channels: [String: any Channel] = [:]
            var ticks: [AsyncStream<Void>.Continuation] = []
        }

        private let state = Mutex(State())

        func mayFollow(_ name: String) -> Bool { state.withLock { !$0.shutOut.contains(name) } }

        func shutOut(_ name: String) {
            let ticks = state.withLock { state in
                state.shutOut.insert(name)
                return state.ticks
            }
            for tick in ticks { tick.yield() }
        }

        func begins(_ name: String, _ channel: any Channel) -> (held: Held, events: AsyncStream<Void>, rights: AsyncStream<Void>) {
            let held = Held()
            let (events, event) = AsyncStream.makeStream(of: Void.self)
            let (rights, right) = AsyncStream.makeStream(of: Void.self)
            state.withLock { state in
                state.streams[name] = Weak(held: held)
                state.channels[name] = channel
                state.ticks += [event, right]
            }
            return (held, events, rights)
        }

        /// Whether the server still has a stream's closures.
        func isHeld(_ name: String) -> Bool { state.withLock { $0.streams[name]?.held != nil } }

        func isOpen(_ name: String) -> Bool { state.withLock { $0.channels[name]?.isActive == true } }

        /// Whether a stream waits for its client.
        func isStuck(_ name: String) -> Bool { state.withLock { $0.channels[name]?.isWritable == false } }

        /// Ends every stream that waits for something new.
        func end() { for tick in state.withLock({ $0.ticks }) { tick.finish() } }
    }

    /// A client that keeps what it reads.
    private final class Reader: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let bytes = Mutex(ByteBuffer())
        var text: String { bytes.withLock { String(buffer: $0) } }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            bytes.withLock { _ = $0.writeBuffer(&buffer) }
        }
    }

    /// Serves `/NAME`: a stream with this many events of a kibibyte, after which it waits.
    private static func with(
        events: Int, parting: TimeAmount = .milliseconds(250),
        _ body: (World, Admission, _ follow: (String, _ reads: Bool) async throws -> (any Channel, Reader)) async throws -> Void
    ) async throws {
        let world = World()
        let admission = Admission(limits: ConnectionLimits(descriptors: 800))
        let router = Router(context: APIContext.self)
        router.get(":name") { request, context in
            let name = try context.parameter("name")
            _ = admission.prove(context.channel, as: Admission.holder(user: name), at: .control)
            let (held, changes, rights) = world.begins(name, context.channel)
            let access = StreamAccess(changes: rights, channel: context.channel, parting: parting) { world.mayFollow(name) }
            return EventStream.response(request, after: 0, access: access, changes: changes) { last in
                withExtendedLifetime(held) {
                    let page = (last + 1)..<(min(last + 10, events) + 1)
                    return EventStream.Page(
                        events: page.map { ($0, String(repeating: "x", count: 1_024)) }, hasMore: last + 10 < events, isLast: false)
                }
            }
        }
        let path = "/tmp/streams-\(UInt64.random(in: 0 ... .max)).sock"
        let (bound, ready) = AsyncStream.makeStream(of: Void.self)
        let server = Application(
            router: router,
            server: HTTPServerBuilder { GuardedChannel(base: HTTP1Channel(responder: $0), admission: admission, listener: .control) },
            configuration: .init(address: .unixDomainSocket(path: path), serverName: "sam"),
            onServerRunning: { _ in ready.finish() }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            for await _ in bound {}
            try await body(world, admission) { name, reads in
                let reader = Reader()
                let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .channelOption(.autoRead, value: reads)
                    .channelInitializer { $0.pipeline.addHandler(reader) }
                    .connect(unixDomainSocketPath: path).get()
                try await channel.writeAndFlush(ByteBuffer(string: "GET /\(name) HTTP/1.1\r\nhost: sam\r\n\r\n"))
                return (channel, reader)
            }
            world.end()
            group.cancelAll()
        }
    }

    @Test("A stream that is not read ends with its reader's access, and the unread stream of one who keeps access stays")
    func unread() async throws {
        try await Self.with(events: .max - 100) { world, admission, follow in
            let goes = try await follow("kim", false)
            let stays = try await follow("lee", false)
            for name in ["kim", "lee"] { try await eventually("\(name)'s stream is stuck") { world.isStuck(name) } }
            world.shutOut("kim")
            try await eventually("kim's connection is closed") { !world.isOpen("kim") && admission.count(at: .control).own == 1 }
            try await eventually("nothing of kim's stream is held") { !world.isHeld("kim") }
            #expect(world.isOpen("lee") && world.isStuck("lee") && world.isHeld("lee"))
            // What waits at the client comes out, and is what it may have had before.
            try await stays.0.setOption(.autoRead, value: true).get()
            try await eventually("lee reads on") { stays.1.text.utf8.count > 2 << 20 }
            try? await goes.0.close()
            try await stays.0.close()
            try await eventually("nothing of lee's stream is held") { !world.isHeld("lee") }
        }
    }

    @Test("Who lost access before the stream began gets no event; one who has it gets all")
    func lostBefore() async throws {
        try await Self.with(events: 5) { world, admission, follow in
            world.shutOut("kim")
            let goes = try await follow("kim", true)
            let stays = try await follow("lee", true)
            try await eventually("all events came") { stays.1.text.contains("id: 5\n") }
            try await eventually("kim's stream has ended") { goes.1.text.hasSuffix("\r\n0\r\n\r\n") || !world.isOpen("kim") }
            #expect(!goes.1.text.contains("id: "))
            try await stays.0.close()
        }
    }

    @Test("A stream that is read ends in order with its reader's access, before its connection is closed")
    func read() async throws {
        // Long enough for a busy machine to write the end first.
        try await Self.with(events: 5, parting: .minutes(2)) { world, admission, follow in
            let goes = try await follow("kim", true)
            let stays = try await follow("lee", true)
            for reader in [goes.1, stays.1] { try await eventually("all events came") { reader.text.contains("id: 5\n") } }
            world.shutOut("kim")
            try await eventually("kim's connection is closed") { !world.isOpen("kim") && admission.count(at: .control).own == 1 }
            try await eventually("kim's stream has its end") { goes.1.text.hasSuffix("\r\n0\r\n\r\n") }
            #expect(world.isOpen("lee") && !stays.1.text.hasSuffix("\r\n0\r\n\r\n"))
            try await stays.0.close()
        }
    }
}
