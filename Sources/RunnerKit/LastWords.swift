import Foundation
import Wording

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

    /// The text with escapes and the like made visible: it stands in sentences and logs.
    var text: String? {
        let text = VisibleText(bytes: bytes, as: .block).text.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }
}
