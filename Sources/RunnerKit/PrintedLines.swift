import Foundation

/// A program's terminal output as the final lines: text that a carriage return overwrites, as progress bars do, is left out.
struct PrintedLines: Sendable {
    private var rest = Data()
    /// Longer lines are passed on in pieces.
    private static let limit = 64 << 10

    /// Adds bytes and returns the lines that they complete, with their newlines.
    mutating func append(_ bytes: Data) -> String {
        rest.append(bytes)
        guard let newline = rest.lastIndex(of: UInt8(ascii: "\n")) else {
            // Only the text after the last carriage return is visible.
            if let mark = rest.dropLast().lastIndex(of: UInt8(ascii: "\r")) { rest = Data(rest[(mark + 1)...]) }
            return rest.count > Self.limit ? finish() : ""
        }
        let whole = rest[...newline]
        rest = Data(rest[(newline + 1)...])
        return Self.visible(whole)
    }

    /// Returns the rest, without a newline, once the program has ended.
    mutating func finish() -> String {
        defer { rest = Data() }
        return Self.visible(rest[...])
    }

    private static func visible(_ bytes: Data.SubSequence) -> String {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            // A carriage return at the end belongs to the newline.
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            let start = line.lastIndex(of: UInt8(ascii: "\r")).map { line.index(after: $0) } ?? line.startIndex
            return String(decoding: line[start...], as: UTF8.self)
        }.joined(separator: "\n")
    }
}
