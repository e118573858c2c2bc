import Foundation

/// A setting's value.
public enum SettingValue: Sendable, Hashable {
    case integer(Int)
    case flag(Bool)
    case hosts([HostPattern])
    case text(String)
    case words([String])

    /// The value as a person writes it.
    public var text: String {
        switch self {
        case .integer(let integer): String(integer)
        case .flag(let flag): flag ? "true" : "false"
        case .text(let text): text
        case .words(let words): Self.line(of: words)
        case .hosts(let hosts): hosts.isEmpty ? "none" : hosts.map(\.description).joined(separator: ", ")
        }
    }

    /// The number, or `nil` for what is none.
    public var integer: Int? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    /// Words with blanks between them where that can be read back, else a JSON array.
    private static func line(of words: [String]) -> String {
        if words.isEmpty { return "none" }
        let isPlain = words.first != "none" && words.allSatisfy { !$0.isEmpty && !$0.hasPrefix("[") && !$0.contains(where: \.isWhitespace) }
        if isPlain { return words.joined(separator: " ") }
        return (try? JSONEncoder().encode(words)).map { String(decoding: $0, as: UTF8.self) } ?? "none"
    }
}
