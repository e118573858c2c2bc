import Foundation

/// What a request asks for: a path and a query, byte for byte as they came.
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

    /// The parameter `key`, where Google's clients may put theirs.
    var key: Substring? {
        query?.split(separator: "&").first { $0.hasPrefix("key=") }?.dropFirst(4)
    }

    /// The model that Google's paths name, like `/v1beta/models/gemini-2.5-pro:generateContent`.
    var model: String? {
        guard let colon = path.lastIndex(of: ":"), let start = path.range(of: "/models/") else { return nil }
        return start.upperBound < colon ? String(path[start.upperBound..<colon]) : nil
    }

    /// The target without its key: a key in an address ends up in logs.
    var withoutKey: String {
        guard let query, key != nil else { return query.map { "\(path)?\($0)" } ?? String(path) }
        let kept = query.split(separator: "&", omittingEmptySubsequences: false).filter { !$0.hasPrefix("key=") }
        return kept.isEmpty ? String(path) : "\(path)?\(kept.joined(separator: "&"))"
    }

    /// Whether the path climbs: a segment `.` or `..`, also where its dots are written as escapes. Such a path could leave the
    /// folder that a provider's address ends in.
    var climbs: Bool {
        guard path.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "%") }) else { return false }
        return path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }).contains { segment in
            let text = Substring(segment).lowercased().replacing("%2e", with: ".")
            return text == "." || text == ".." || text.contains("%2f") && text.contains("..")
        }
    }
}
