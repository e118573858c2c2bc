import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// Something that was waited for did not happen.
struct Stuck: Error, CustomStringConvertible {
    var description: String
}

/// One connection, byte for byte: what came is kept in its order, and nothing is sent but what a test says.
final class RawWire: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    struct State: Sendable {
        /// What came and was not taken yet.
        var bytes: [UInt8] = []
        /// How much came in all.
        var count = 0
        /// The other side has ended, in order or not.
        var hasEnded = false
        /// A wait took longer than its limit.
        fileprivate var isOverdue = false
        /// How often something came.
        fileprivate var changes = 0
        fileprivate var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let connected = Mutex<(any Channel)?>(nil)

    var current: State { state.withLock { $0 } }

    // MARK: - What the channel tells

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        connected.withLock { $0 = channel }
        channel.closeFuture.whenComplete { _ in self.end() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        change { state in
            buffer.withUnsafeReadableBytes { state.bytes.append(contentsOf: $0) }
            state.count += buffer.readableBytes
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { end() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end()
        context.close(promise: nil)
    }

    private func end() { change { $0.hasEnded = true } }

    /// Changes what came, and wakes those who wait for it.
    private func change(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state in
            body(&state)
            state.changes += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Looks at what came, each time that something came, until there is a value.
    ///
    /// - Parameter limit: the longest wait; `nil` for as long as the connection stands.
    private func wait<Value>(
        for what: String, within limit: Duration? = .seconds(120), _ look: (inout State) throws -> Value?
    ) async throws -> Value {
        let alarm = limit.map { limit in
            Task {
                try await Task.sleep(for: limit)
                change { $0.isOverdue = true }
            }
        }
        defer { alarm?.cancel() }
        while true {
            let seen = current.changes
            if let value = try state.withLock({ try look(&$0) }) { return value }
            if current.isOverdue { throw Stuck(description: "Never came: \(what)") }
            try Task.checkCancellation()
            await change(after: seen)
        }
    }

    private func change(after seen: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isChanged = state.withLock { state in
                    guard state.changes == seen, !Task.isCancelled else { return true }
                    state.waiters.append(waiter)
                    return false
                }
                if isChanged { waiter.resume() }
            }
        } onCancel: {
            change { _ in }
        }
    }

    // MARK: - What a test does

    var channel: any Channel {
        get throws { try #require(connected.withLock { $0 }) }
    }

    func send(_ bytes: [UInt8]) async throws {
        let channel = try channel
        try await channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).get()
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Sends the last bytes and closes in one step, so that nothing that comes meanwhile is read.
    func close(after bytes: [UInt8]) async throws {
        let channel = try channel
        try await channel.eventLoop.submit {
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
            channel.close(promise: nil)
        }.get()
    }

    /// Says that nothing more will be sent, and still reads.
    func endSending() async throws { try await channel.close(mode: .output) }

    func close() async { try? await channel.close() }

    /// Breaks the connection off instead of ending it.
    func reset() async throws {
        let channel = try channel
        let options = try #require(channel as? any SocketOptionProvider)
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()
    }

    /// Stops taking what is sent, or goes on.
    func pause(_ isPaused: Bool) async throws {
        try await channel.setOption(.autoRead, value: !isPaused).get()
    }

    /// The next whole message, which is taken. One that broke off says so.
    ///
    /// - Parameter method: of the request that it answers; `nil` for a request.
    func message(answering method: String? = nil, within limit: Duration? = .seconds(120)) async throws -> RawMessage {
        try await wait(for: "a whole \(method.map { "answer to \($0)" } ?? "request")", within: limit) { state in
            guard let message = try RawMessage(state.bytes, answering: method, hasEnded: state.hasEnded) else {
                if state.hasEnded { throw Stuck(description: "The connection ended: \(String(decoding: state.bytes, as: UTF8.self))") }
                return nil
            }
            state.bytes.removeFirst(message.count)
            return message
        }
    }

    /// What came, as soon as there are so many bytes of it; they are taken.
    func take(_ count: Int) async throws -> [UInt8] {
        try await wait(for: "\(count) bytes") { state in
            guard state.bytes.count >= count else { return nil }
            defer { state.bytes.removeFirst(count) }
            return Array(state.bytes.prefix(count))
        }
    }

    /// Waits until these bytes came, wherever they stand. Nothing is taken.
    func sees(_ text: String) async throws {
        let wanted = Data(text.utf8)
        try await wait(for: "“\(text.prefix(80))”") { state in
            if Data(state.bytes).range(of: wanted) != nil { return () }
            guard !state.hasEnded else {
                throw Stuck(description: "It ended without “\(text.prefix(80))”: \(String(decoding: state.bytes, as: UTF8.self))")
            }
            return nil
        }
    }

    /// Waits for the end of the other side, and returns what came before it.
    @discardableResult
    func end() async throws -> [UInt8] {
        try await wait(for: "the other side's end") { $0.hasEnded ? $0.bytes : nil }
    }
}

/// Requests that no client would send, and those that they do.
enum RawClient {
    static func connect(_ socket: String) async throws -> RawWire {
        let wire = RawWire()
        _ = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { $0.pipeline.addHandler(wire) }
            .connect(unixDomainSocketPath: socket).get()
        return wire
    }

    /// A request's head and body, as they go over the wire.
    static func request(_ method: String, _ uri: String, _ headers: [RawHeader], body: [UInt8] = []) -> [UInt8] {
        let lines = ["\(method) \(uri) HTTP/1.1", "Host: sam"] + headers.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }
}
