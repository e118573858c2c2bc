import Foundation

/// Searches a text file's bytes without converting all of them to a string.
struct LineReader {
    private let content: Data
    /// The same bytes with the terminating zero of C strings. Text has no other zero.
    private let terminated: [UInt8]

    init(_ content: Data) {
        self.content = content
        terminated = content + [0]
    }

    /// The number of lines.
    var count: Int {
        content.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            var count = 0
            var offset = 0
            while offset < bytes.count, let found = memchr(base + offset, 10, bytes.count - offset) {
                count += 1
                offset = found - UnsafeMutableRawPointer(mutating: base) + 1
            }
            return count + (offset < bytes.count ? 1 : 0)
        }
    }

    /// Every line that contains one of these texts, with its number, in order.
    func lines(containing needles: [String]) -> [(number: Int, text: String)] {
        var offsets: Set<Int> = []
        for needle in needles { offsets.formUnion(occurrences(of: needle)) }
        guard !offsets.isEmpty else { return [] }
        var lines: [(number: Int, text: String)] = []
        var number = 1
        var lineStart = 0
        for offset in offsets.sorted() {
            var position = lineStart
            while let newline = content[(content.startIndex + position)..<(content.startIndex + offset)].firstIndex(of: 10) {
                number += 1
                position = newline - content.startIndex + 1
                lineStart = position
            }
            guard lines.last?.number != number else { continue }
            let rest = content[(content.startIndex + lineStart)...]
            let end = rest.firstIndex(of: 10) ?? rest.endIndex
            lines.append((number, String(decoding: rest[rest.startIndex..<end], as: UTF8.self)))
        }
        return lines
    }

    /// The first line for which the closure returns true, with its number.
    func first(where accept: (Substring) -> Bool) -> (number: Int, text: String)? {
        var number = 0
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if accept(line) { return (number, String(line)) }
        }
        return nil
    }

    private func occurrences(of needle: String) -> [Int] {
        var offsets: [Int] = []
        terminated.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            let text = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
            var offset = 0
            while let found = strstr(text + offset, needle) {
                let position = UnsafePointer(found) - text
                offsets.append(position)
                offset = position + needle.utf8.count
            }
        }
        return offsets
    }
}
