import API
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Limits
import NIOCore

/// The memory of answers: how much is taken for them, and for how long.
enum AnswerMemory {
    /// Shorter answers do not count: a connection has as much in any case.
    static let free = 16 << 10
    /// What reading and encoding a page of long texts takes at most: the rows, their values and the JSON.
    static let page = 16 << 20
    /// What is taken before a read of an event stream: most reads are short. What was read counts by its length.
    static let streamed = 64 << 10
    /// The most that one read of an event stream returns, in bytes, unless one event is longer.
    static let streamedText = 256 << 10
    /// What is taken before a patch is read: most are shorter. The answer counts by its length.
    static let patch = 16 << 20
    /// How long a request waits for memory before it is refused.
    static let waitLimit = Duration.seconds(10)

    /// The refusal of a request for whose answer there is no memory.
    static var refusal: Problem { Problem(.tooManyRequests, LimitReason.memory.sentence) }
}

extension Response {
    /// The same answer, written in pieces and counted until the last piece is on the connection.
    ///
    /// - Parameters:
    ///   - hold: what was taken for the answer. It is brought to the answer's length.
    ///   - channel: the client's connection.
    ///   - changed: whether the request may have changed something.
    /// - Throws: ``Problem`` if there is no memory for the answer.
    func counted(by hold: Hold, on channel: any Channel, changed: Bool) throws(Problem) -> Response {
        // A stream counts what it has of each page.
        guard let length = body.contentLength else { return self }
        // What was done is not answered as refused: the client would do it again.
        guard hold.set(length > AnswerMemory.free ? length : 0) || changed else { throw AnswerMemory.refusal }
        guard length > AnswerMemory.free else { return self }
        var counted = self
        let whole = body
        counted.body = ResponseBody(contentLength: length) { writer in
            defer { hold.end() }
            try await whole.write(PieceWriter(base: writer, channel: channel))
        }
        return counted
    }
}

/// Writes long buffers in pieces, so that it waits while the client does not take them.
private struct PieceWriter: ResponseBodyWriter {
    var base: any ResponseBodyWriter
    let channel: any Channel

    private static let length = 64 << 10

    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(Self.length, rest.readableBytes)), piece.readableBytes > 0 {
            // A copy: the channel would keep the whole buffer with its last slice.
            try await base.write(ByteBuffer(bytes: piece.readableBytesView))
            // The writer takes more until the event loop has seen that the connection is full.
            try await channel.eventLoop.submit {}.get()
        }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await base.finish(trailingHeaders) }
}
