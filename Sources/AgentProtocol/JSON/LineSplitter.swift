import Foundation

/// Splits a stream of bytes into lines, wherever the reads end.
///
/// The length of a line is bounded, so that a program that never writes a newline can't fill the memory.
public struct LineSplitter: Sendable {
    /// A line exceeded the limit.
    public struct TooLong: Error, Sendable {
        /// The limit, in bytes.
        public let limit: Int
    }

    private let limit: Int
    private var rest = Data()
    private var searched = 0

    /// Creates a splitter.
    ///
    /// - Parameter limit: the longest line, in bytes. 64 MiB by default: agents put whole files and images into one message.
    public init(limit: Int = 64 << 20) {
        self.limit = limit
    }

    /// Adds bytes and returns the lines that they complete, without newlines and without empty lines.
    ///
    /// - Throws: ``TooLong``; the splitter must not be used afterwards.
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

    /// The bytes after the last newline: an incomplete line, if the stream has ended.
    public var remainder: Data { rest }
}
