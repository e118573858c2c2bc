import Foundation
import Wording

/// The end of a program's output outside its protocol, for error messages.
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

    /// The text with control characters made visible, because it is shown in messages and logs.
    var text: String? {
        let text = VisibleText(bytes: bytes, as: .block).text.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }
}
