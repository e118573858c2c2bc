import Foundation

/// The end of what a program wrote outside its protocol, for the sentence that says why it failed.
struct LastWords: Sendable {
    private let limit: Int
    private var bytes = Data()

    init(limit: Int = 4 << 10) {
        self.limit = limit
    }

    mutating func append(_ more: Data) {
        bytes.append(more.suffix(limit))
        if bytes.count > limit { bytes = Data(bytes.suffix(limit)) }
    }

    /// The text without escapes and other control characters: it will be shown on a terminal.
    var text: String? {
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
            $0 == "\n" || $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7f && !(0x80..<0xa0).contains($0.value))
        }
        let text = String(String.UnicodeScalarView(scalars)).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }
}
