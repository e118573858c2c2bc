import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// What stands behind the gateways: a model that answers at once. It reads no more of a request than it needs to know its end, so
/// that it is never what is waited for.
struct ModelServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Answer as a model would, until stopped. Used by the gateway's benchmark.", shouldDisplay: false)

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var ports: [String] = []
        var listeners: [any Channel] = []
        for way in ModelAnswer.allCases {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 8_192)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ModelHandler(way)) }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            ports.append(String(listener.localAddress?.port ?? 0))
            listeners.append(listener)
        }
        print(ports.joined(separator: " "))
        fflush(nil)
        for listener in listeners { try await listener.closeFuture.get() }
    }
}

/// How a model answers.
enum ModelAnswer: String, CaseIterable {
    case whole
    /// Thirty events, each in a write of its own.
    case stream
    /// The first events, and then nothing more.
    case idle

    private static let json =
        #"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":""#
        + String(repeating: "word ", count: 150)
        + #""}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":200,"output_tokens":150}}"#

    private static let events: [String] = {
        func event(_ name: String, _ data: String) -> String { "event: \(name)\ndata: {\"type\":\"\(name)\",\(data)}\n\n" }
        return [
            event(
                "message_start",
                #""message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"#
                    + #""stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":200,"output_tokens":1}}"#),
            event("content_block_start", #""index":0,"content_block":{"type":"text","text":""}"#),
        ]
            + (0..<25).map { _ in event("content_block_delta", #""index":0,"delta":{"type":"text_delta","text":"a few words more "}"#) }
            + [
                event("content_block_stop", #""index":0"#),
                event(
                    "message_delta",
                    #""delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":150}"#),
                #"event: message_stop\#ndata: {"type":"message_stop"}\#n\#n"#,
            ]
    }()

    /// The writes of an answer.
    var writes: [String] {
        func chunk(_ text: String) -> String { String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n" }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        switch self {
        case .whole:
            return ["HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(Self.json.utf8.count)\r\n\r\n" + Self.json]
        case .stream: return [head] + Self.events.map(chunk) + ["0\r\n\r\n"]
        case .idle: return [head] + Self.events.prefix(6).map(chunk)
        }
    }
}

private final class ModelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let writes: [ByteBuffer]
    private var head: [UInt8] = []
    /// What is still to come of a body.
    private var missing = 0

    init(_ way: ModelAnswer) {
        writes = way.writes.map { ByteBuffer(string: $0) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            if missing > 0 {
                let taken = min(missing, buffer.readableBytes)
                buffer.moveReaderIndex(forwardBy: taken)
                missing -= taken
                if missing == 0 { answer(context) }
                continue
            }
            guard let end = takeHead(&buffer) else { return }
            missing = end
            if missing == 0 { answer(context) }
        }
    }

    /// Reads on to the end of a head.
    ///
    /// - Returns: the length of the body that follows; `nil` when the head goes on.
    private func takeHead(_ buffer: inout ByteBuffer) -> Int? {
        let before = head.count
        let bytes = buffer.readableBytesView
        // A head is short; what comes behind it in the same read can be long.
        head += bytes.prefix(4_096)
        guard let end = head.firstRange(of: [0x0d, 0x0a, 0x0d, 0x0a]) else {
            buffer.moveReaderIndex(to: buffer.writerIndex)
            return nil
        }
        buffer.moveReaderIndex(forwardBy: end.upperBound - before)
        let text = String(decoding: head[..<end.lowerBound], as: UTF8.self).lowercased()
        head.removeAll(keepingCapacity: true)
        guard let name = text.range(of: "content-length:") else { return 0 }
        return Int(text[name.upperBound...].prefix { $0 != "\r\n" && $0 != "\r" }.trimmingCharacters(in: .whitespaces)) ?? 0
    }

    private func answer(_ context: ChannelHandlerContext) {
        for write in writes { context.writeAndFlush(wrapOutboundOut(write), promise: nil) }
    }
}
