import Foundation

/// What a program prints for a terminal, as the lines that would stand there in the end: what a carriage return has overwritten, as
/// progress bars do many times a second, is left out.
struct PrintedLines: Sendable {
    private var rest = Data()
    /// A line that is longer is handed on in pieces.
    private static let limit = 64 << 10

    /// Takes the next bytes and returns the lines that they complete, with their newlines.
    mutating func append(_ bytes: Data) -> String {
        rest.append(bytes)
        guard let newline = rest.lastIndex(of: UInt8(ascii: "\n")) else {
            // Only what stands after the last return can still be seen.
            if let mark = rest.dropLast().lastIndex(of: UInt8(ascii: "\r")) { rest = Data(rest[(mark + 1)...]) }
            return rest.count > Self.limit ? finish() : ""
        }
        let whole = rest[...newline]
        rest = Data(rest[(newline + 1)...])
        return Self.visible(whole)
    }

    /// The program has ended: what is left, without a newline.
    mutating func finish() -> String {
        defer { rest = Data() }
        return Self.visible(rest[...])
    }

    private static func visible(_ bytes: Data.SubSequence) -> String {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            // One at the end belongs to the newline.
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            let start = line.lastIndex(of: UInt8(ascii: "\r")).map { line.index(after: $0) } ?? line.startIndex
            return String(decoding: line[start...], as: UTF8.self)
        }.joined(separator: "\n")
    }
}
