import Foundation
import Limits
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

/// Clients that ask for a large document and do not take it.
@Suite("Answers that are not read", .timeLimit(.minutes(10)))
struct UnreadAnswersTests {
    private static let size = 92 << 10

    /// Answers every request with the document, as a server does that waits until its client takes a piece.
    private final class Document: ChannelInboundHandler, Sendable {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        let admission: Admission
        let piece: Int

        init(_ admission: Admission, piece: Int) {
            self.admission = admission
            self.piece = piece
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                guard let name = head.headers.first(name: "x-name") else { return }
                _ = admission.prove(context.channel, as: Admission.holder(user: name), at: .network)
            case .body: return
            case .end:
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "\(UnreadAnswersTests.size)"])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                send(UnreadAnswersTests.size, context)
            }
        }

        private func send(_ left: Int, _ context: ChannelHandlerContext) {
            guard left > 0 else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
            let count = min(piece, left)
            let body = ByteBuffer(repeating: 0x61, count: count)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(body)))).assumeIsolated()
                .whenSuccess { [self] in send(left - count, context) }
        }
    }

    private static func with(
        _ admission: Admission, piece: Int = 16 << 10, _ body: (_ socket: String) async throws -> Void
    ) async throws {
        let path = NSTemporaryDirectory() + "unread-\(UUID().uuidString.prefix(8)).sock"
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    try operations.addHandlers([HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder())])
                    try operations.addHandlers(admission.handlers(at: .network))
                    try operations.addHandler(Document(admission, piece: piece))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        do {
            try await body(path)
            try await listener.close()
        } catch {
            try? await listener.close()
            throw error
        }
    }

    private static func requests(_ count: Int, as name: String? = nil) -> [UInt8] {
        let head = "GET /document HTTP/1.1\r\nhost: x\r\n" + (name.map { "x-name: \($0)\r\n" } ?? "") + "\r\n"
        return Array(String(repeating: head, count: count).utf8)
    }

    @Test("Forty clients that read nothing keep no other client out", arguments: [(60, 16 << 10), (60, 92 << 10), (8, 1 << 10)])
    func flood(_ count: Int, _ piece: Int) async throws {
        let admission = Admission(limits: ConnectionLimits(descriptors: 800))
        try await Self.with(admission, piece: piece) { socket in
            var silent: [RawWire] = []
            for _ in 0..<(admission.limits.unproved + 8) {
                let wire = try await RawClient.connect(socket)
                // It may have had to go already.
                try? await wire.pause(true)
                try? await wire.send(Self.requests(count))
                silent.append(wire)
            }
            try await eventually("a newcomer is served") {
                do {
                    let client = try await RawClient.connect(socket)
                    try await client.send(Self.requests(1))
                    let answer = try await client.message(answering: "GET")
                    await client.close()
                    return answer.status == 200 && answer.body.count == Self.size ? () : nil
                } catch {
                    return nil
                }
            }
            #expect(admission.count(at: .network).own <= admission.limits.unproved)
            for wire in silent { await wire.close() }
        }
    }

    @Test("A stranger that takes nothing of an answer is cut off in time; one that takes it, and somebody known, get all of it")
    func cut() async throws {
        var timeouts = ClientTimeouts()
        timeouts.taking = .milliseconds(300)
        let admission = Admission(limits: ConnectionLimits(descriptors: 65_536), timeouts: timeouts)
        try await Self.with(admission) { socket in
            let known = try await RawClient.connect(socket)
            try await known.pause(true)
            try await known.send(Self.requests(8, as: "kim"))
            let silent = try await RawClient.connect(socket)
            try await silent.pause(true)
            try await silent.send(Self.requests(8))
            let reader = try await RawClient.connect(socket)
            try await reader.send(Self.requests(8))
            for _ in 0..<8 { #expect(try await reader.message(answering: "GET").body.count == Self.size) }
            try await eventually("the one that takes nothing is cut off") {
                admission.refusals.counts == [.init(listener: "network", reason: .unread): 1] ? () : nil
            }
            try await known.pause(false)
            for _ in 0..<8 { #expect(try await known.message(answering: "GET").body.count == Self.size) }
        }
    }

    @Test("Somebody known that takes nothing of an answer is cut off after a longer time; one that takes it slowly gets all of it")
    func cutKnown() async throws {
        var timeouts = ClientTimeouts()
        timeouts.takingProved = .milliseconds(600)
        let admission = Admission(limits: ConnectionLimits(descriptors: 65_536), timeouts: timeouts)
        try await Self.with(admission) { socket in
            let reader = try await RawClient.connect(socket)
            try await reader.send(Self.requests(8, as: "kim"))
            for _ in 0..<4 { #expect(try await reader.message(answering: "GET").body.count == Self.size) }
            let silent = try await RawClient.connect(socket)
            try await silent.pause(true)
            try await silent.send(Self.requests(8, as: "kim"))
            try await eventually("the one that takes nothing is cut off") {
                admission.refusals.counts == [.init(listener: "network", reason: .unread): 1] ? () : nil
            }
            for _ in 0..<4 { #expect(try await reader.message(answering: "GET").body.count == Self.size) }
            // It is served again after that.
            try await reader.send(Self.requests(1, as: "kim"))
            #expect(try await reader.message(answering: "GET").status == 200)
        }
    }
}
