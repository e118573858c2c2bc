import API
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

/// Clients that ask for more than they take, over a socket.
@Suite("The memory of answers", .timeLimit(.minutes(5)))
struct AnswerMemoryTests {
    private static let size = 3 << 20

    /// A client that keeps how much it got.
    private final class Reader: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let got = Mutex((bytes: 0, head: ""))
        var bytes: Int { got.withLock { $0.bytes } }
        var status: String { got.withLock { String($0.head.prefix(12)) } }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            got.withLock { got in
                if got.bytes == 0 { got.head = String(buffer: buffer).prefix(20).description }
                got.bytes += buffer.readableBytes
            }
        }
    }

    /// Serves `/NAME`, an answer of 3 MiB that counts as NAME's, and `/NAME?stream`, an event stream.
    private static func with(
        _ held: HeldBytes, _ body: (_ ask: (String, _ reads: Bool) async throws -> (any Channel, Reader)) async throws -> Void
    ) async throws {
        let router = Router(context: APIContext.self)
        router.get(":name") { request, context in
            let hold = held.hold(for: try context.parameter("name"))
            if request.uri.query == "stream" {
                return EventStream.response(request, after: 0, hold: hold, changes: AsyncStream { _ in }) { last in
                    EventStream.Page(
                        events: ((last + 1)...(last + 4)).map { ($0, String(repeating: "x", count: 50_000)) }, hasMore: true, isLast: false)
                }
            }
            do {
                let answer = Response(status: .ok, body: .init(byteBuffer: ByteBuffer(repeating: 0x61, count: size)))
                return try answer.counted(by: hold, on: context.channel, changed: false)
            } catch let problem as Problem {
                return problem.response
            }
        }
        let path = "/tmp/answers-\(UInt64.random(in: 0 ... .max)).sock"
        let (bound, ready) = AsyncStream.makeStream(of: Void.self)
        let server = Application(
            router: router, configuration: .init(address: .unixDomainSocket(path: path), serverName: "sam"),
            onServerRunning: { _ in ready.finish() }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            for await _ in bound {}
            try await body { target, reads in
                let reader = Reader()
                let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .channelOption(.autoRead, value: reads)
                    .channelInitializer { $0.pipeline.addHandler(reader) }
                    .connect(unixDomainSocketPath: path).get()
                try await channel.writeAndFlush(ByteBuffer(string: "GET /\(target) HTTP/1.1\r\nhost: sam\r\n\r\n"))
                return (channel, reader)
            }
            group.cancelAll()
        }
    }

    @Test("Answers that are not taken count until they are: beyond a person's limit 429, and another's answer comes whole")
    func unread() async throws {
        let held = HeldBytes(limit: 64 << 20, limitOfHolder: 8 << 20)
        try await Self.with(held) { ask in
            var silent: [any Channel] = []
            for number in 1...2 {
                silent.append(try await ask("kim", false).0)
                try await eventually("answer \(number) is held") { held.total == number * Self.size }
            }
            let refused = try await ask("kim", true)
            try await eventually("the third is refused") { refused.1.status == "HTTP/1.1 429" }
            let other = try await ask("lee", true)
            try await eventually("lee has all of it") { other.1.bytes > Self.size }
            #expect(other.1.status == "HTTP/1.1 200")
            // Taken, one is released, and there is room for the next.
            try await silent[0].setOption(.autoRead, value: true).get()
            try await eventually("it was taken") { held.total == Self.size }
            let next = try await ask("kim", true)
            try await eventually("kim has all of it") { next.1.bytes > Self.size }
            // A client that goes away releases what waits for it.
            try await silent[1].close()
            try await eventually("nothing is held") { held.total == 0 }
            for channel in [silent[0], refused.0, other.0, next.0] { try? await channel.close() }
        }
    }

    @Test("An event stream that is not read holds one part of the log")
    func stream() async throws {
        let held = HeldBytes(limit: 64 << 20, limitOfHolder: 8 << 20)
        try await Self.with(held) { ask in
            let silent = try await ask("kim?stream", false)
            let reader = try await ask("lee?stream", true)
            try await eventually("lee reads on") { reader.1.bytes > 4 << 20 }
            try await reader.0.close()
            try await eventually("kim's part is held, and no more") { held.total == 200_000 }
            try await silent.0.close()
            try await eventually("nothing is held") { held.total == 0 }
        }
    }
}
