import Metering
import NIOCore
import NIOHTTP1

/// An answer on its way to the client: the provider's, changed only where SAM's own changes to the request show in it, or SAM's refusal.
///
/// It performs no I/O. Bytes that pass unchanged are not copied.
struct IncomingAnswer {
    /// Removes the usage that SAM asked for and the client did not.
    private var filter: UsageChunkFilter?
    /// Whether its head says that the client's connection closes after it.
    private(set) var saysClose = false
    private(set) var trailers: HTTPHeaders?
    private var drainedBytes = 0

    /// The most that is read of an answer without a client, in bytes.
    private static let drainLimit = 16 << 20

    /// Removes the usage from a stream of events: the client did not ask for it.
    mutating func removeUsage() { filter = UsageChunkFilter() }

    /// Begins the provider's answer.
    ///
    /// - Parameter request: the request as the client sent it.
    mutating func begin(_ head: HTTPResponseHead, to request: OutgoingRequest) {
        if !(head.headers.first(name: "content-type") ?? "").lowercased().hasPrefix("text/event-stream") { filter = nil }
        let tellsLength = HeaderRules.tellsLength(head, isToHead: request.head.method == .HEAD, isAmended: filter != nil)
        saysClose = !request.isComplete || !request.head.isKeepAlive || !request.head.version.knowsChunks && !tellsLength
    }

    /// The head for the client, once the answer has begun.
    func clientHead(_ head: HTTPResponseHead, to request: HTTPRequestHead) -> HTTPResponseHead {
        HeaderRules.client(
            head, isToHead: request.method == .HEAD, closes: saysClose, isAmended: filter != nil,
            knowsChunks: request.version.knowsChunks)
    }

    /// The part of the provider's bytes that the client gets now; `nil` for none.
    mutating func pass(_ bytes: ByteBuffer) -> ByteBuffer? {
        guard filter != nil else { return bytes }
        let passed = bytes.withUnsafeReadableBytes { filter?.feed($0) ?? [] }
        return passed.isEmpty ? nil : ByteBuffer(bytes: passed)
    }

    /// Ends the provider's answer.
    ///
    /// - Returns: the last bytes for the client; `nil` for none.
    mutating func end(_ trailers: HTTPHeaders?) -> ByteBuffer? {
        self.trailers = trailers
        guard let rest = filter?.finish(), !rest.isEmpty else { return nil }
        return ByteBuffer(bytes: rest)
    }

    /// Counts bytes that are read only for their usage.
    mutating func drain(_ bytes: ByteBuffer) { drainedBytes += bytes.readableBytes }

    /// Whether an answer without a client is too large to be read further.
    var isTooLarge: Bool { drainedBytes > Self.drainLimit }

    /// SAM's own answer, in the provider's format.
    mutating func refuse(
        _ refusal: Refusal, _ dialect: Dialect, _ id: RequestID, to request: OutgoingRequest
    ) -> (head: HTTPResponseHead, body: ByteBuffer?) {
        var (head, body) = refusal.answer(dialect, request: id)
        if !request.isComplete || !request.head.isKeepAlive {
            saysClose = true
            head.headers.add(name: "connection", value: "close")
        }
        return (head, request.head.method == .HEAD ? nil : ByteBuffer(bytes: body))
    }
}
