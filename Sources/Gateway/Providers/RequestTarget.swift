import Foundation

/// The path and query of a request, byte for byte as received.
struct RequestTarget: Sendable, Hashable {
    let path: Substring
    /// Without the question mark.
    let query: Substring?

    init(_ uri: String) {
        self.init(uri[...])
    }

    init(_ uri: Substring) {
        if let mark = uri.firstIndex(of: "?") {
            path = uri[..<mark]
            query = uri[uri.index(after: mark)...]
        } else {
            path = uri
            query = nil
        }
    }

    /// The query parameter `key`, in which Google's clients may send their key.
    var key: Substring? {
        query?.split(separator: "&").first { $0.hasPrefix("key=") }?.dropFirst(4)
    }

    /// The model in Google's paths, like `/v1beta/models/gemini-2.5-pro:generateContent`.
    var model: String? {
        guard let colon = path.lastIndex(of: ":"), let start = path.range(of: "/models/") else { return nil }
        guard start.upperBound < colon else { return nil }
        let name = path[start.upperBound..<colon]
        return name.removingPercentEncoding ?? String(name)
    }

    /// The target without its key, because keys in addresses end up in logs.
    var withoutKey: String {
        guard let query, key != nil else { return query.map { "\(path)?\($0)" } ?? String(path) }
        let kept = query.split(separator: "&", omittingEmptySubsequences: false).filter { !$0.hasPrefix("key=") }
        return kept.isEmpty ? String(path) : "\(path)?\(kept.joined(separator: "&"))"
    }

    /// Whether the path has a segment `.` or `..`, also percent-encoded. Such a path could leave the base path of a provider's address.
    var climbs: Bool {
        guard path.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "%") }) else { return false }
        return path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }).contains { segment in
            let text = Substring(segment).lowercased().replacing("%2e", with: ".")
            return text == "." || text == ".." || text.contains("%2f") && text.contains("..")
        }
    }

    /// Why the path is invalid, as a sentence for the client; `nil` for a path that every server reads in the same way.
    ///
    /// The path determines the price, so only its canonical form is accepted (RFC 3986, section 6.2.2): without empty or dot segments,
    /// unnecessary percent-encoding, and characters that some servers treat as the end of a segment.
    var complaint: String? {
        if climbs { return "The path has dots for folders in it." }
        let bytes = path.utf8
        guard bytes.first == UInt8(ascii: "/") else { return "The path does not begin with a slash." }
        if bytes.count > 1, bytes.last == UInt8(ascii: "/") { return "The path ends with a slash. Leave it out." }
        var last: UInt8 = 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "/"), last == byte { return "The path has two slashes in a row. Leave one out." }
            last = byte
            index = bytes.index(after: index)
            if byte == UInt8(ascii: "%") {
                let digits = bytes[index...].prefix(2)
                guard digits.count == 2, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), digits.first != 0x2b else {
                    return "The path has a percent sign with no two hexadecimal digits behind it."
                }
                if let complaint = Self.complaint(escape: code) { return complaint }
                index = bytes.index(index, offsetBy: 2)
            } else if !Self.isPlain(byte), !"/:@!$&'()*+,=".utf8.contains(byte) {
                return "The path has a character that no provider's path has, like a backslash, a semicolon or a control character."
            }
        }
        return nil
    }

    private static func complaint(escape code: UInt8) -> String? {
        if isPlain(code) { return "The path writes the letter “\(Character(Unicode.Scalar(code)))” as an escape. Write it as it is." }
        let isHidden = code < 0x20 || code == 0x7f || #"\;%?#"#.utf8.contains(code)
        return isHidden ? "The path hides a character behind an escape that no provider's path contains." : nil
    }

    /// The unreserved characters of RFC 3986, section 2.3.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "-._~".utf8.contains(byte)
        }
    }
}
