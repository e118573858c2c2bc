import Foundation

/// A setting's value.
public enum SettingValue: Sendable, Hashable {
    /// A whole number.
    case integer(Int)
    /// A flag.
    case flag(Bool)
    /// A list of hosts.
    case hosts([HostPattern])
    /// A name, or one of several words.
    case text(String)
    /// A list of words.
    case words([String])

    /// The value as text, as ``Setting/parse(_:)`` reads it.
    public var text: String {
        switch self {
        case .integer(let integer): String(integer)
        case .flag(let flag): flag ? "true" : "false"
        case .text(let text): text
        case .words(let words): Self.line(of: words)
        case .hosts(let hosts): hosts.isEmpty ? "none" : hosts.map(\.description).joined(separator: ", ")
        }
    }

    /// The number; `nil` for other types.
    public var integer: Int? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    /// The words separated by blanks, or a JSON array where blanks would be ambiguous.
    private static func line(of words: [String]) -> String {
        if words.isEmpty { return "none" }
        let isPlain = words.first != "none" && words.allSatisfy { !$0.isEmpty && !$0.hasPrefix("[") && !$0.contains(where: \.isWhitespace) }
        if isPlain { return words.joined(separator: " ") }
        return (try? JSONEncoder().encode(words)).map { String(decoding: $0, as: UTF8.self) } ?? "none"
    }
}
