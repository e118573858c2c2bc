import Foundation

/// Cuts a stream of bytes into lines, however the bytes are cut into reads.
///
/// A line may not grow without limit: a program that writes on and on without a newline must not fill
/// our memory.
public struct LineSplitter: Sendable {
    /// A line grew longer than the limit.
    public struct TooLong: Error, Sendable {
        /// The limit, in bytes.
        public let limit: Int
    }

    private let limit: Int
    private var rest = Data()
    private var searched = 0

    /// Makes a splitter.
    ///
    /// - Parameter limit: the longest line, in bytes. 64 MiB by default: agents put whole files and images
    ///   into one message.
    public init(limit: Int = 64 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes and returns the lines that they complete, without their newlines.
    ///
    /// Empty lines are left out.
    ///
    /// - Throws: ``TooLong``; the splitter is of no more use then.
    public mutating func append(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [Data] {
        rest.append(contentsOf: bytes)
        var lines: [Data] = []
        var start = rest.startIndex
        var from = rest.startIndex + searched
        while let newline = rest[from...].firstIndex(of: UInt8(ascii: "\n")) {
            if newline > start { lines.append(Data(rest[start..<newline])) }
            start = newline + 1
            from = start
        }
        if start > rest.startIndex { rest = Data(rest[start...]) }
        searched = rest.count
        if rest.count > limit || lines.contains(where: { $0.count > limit }) { throw TooLong(limit: limit) }
        return lines
    }

    /// What came after the last newline: half a line, when the stream has ended.
    public var remainder: Data { rest }
}
