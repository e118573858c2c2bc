/// Maps a request path to its ``WireFormat``.
///
/// A path is an optional prefix of at most three parts (`openai`, `api`) and a version (`v1`, `v1beta`, `v4`), then a row of the table; or
/// a row alone. A row must match from its first part to its last: a path with the same ending is another path. In a row `*` stands for an
/// id without percent escapes; a last part `*:verb` is Google's, for any resource.
struct PathTable: Sendable {
    /// Paths with one format from one page of a provider's reference.
    struct Group: Sendable {
        var format: WireFormat
        var source: String
        var paths: [String]
    }

    private struct Row: Sendable {
        var parts: [Substring]
        var format: WireFormat
    }

    /// The rows, by their last part.
    private let rows: [Substring: [Row]]
    private let verbs: [Substring: WireFormat]

    init(_ groups: [Group]) {
        var rows: [Substring: [Row]] = [:]
        var verbs: [Substring: WireFormat] = [:]
        for group in groups {
            for path in group.paths {
                let parts = path.split(separator: "/")
                if path.hasPrefix("*:") {
                    verbs[path.dropFirst(2)] = group.format
                } else if let last = parts.last {
                    rows[last, default: []].append(Row(parts: parts, format: group.format))
                }
            }
        }
        self.rows = rows
        self.verbs = verbs
    }

    /// The format of a well-formed path; `nil` if it is not in the table.
    func format(of path: some StringProtocol) -> WireFormat? {
        let parts = path.split(separator: "/").map { Substring($0) }
        guard let last = parts.last else { return nil }
        if let verb = Self.verb(last), let format = verbs[verb] { return format }
        var rest = parts[...]
        if let version = parts.prefix(4).firstIndex(where: Self.isVersion) { rest = parts[(version + 1)...] }
        for row in (rows[last] ?? []) + (rows["*"] ?? []) where Self.matches(row.parts, rest) { return row.format }
        return nil
    }

    private static func matches(_ row: [Substring], _ parts: ArraySlice<Substring>) -> Bool {
        row.count == parts.count && zip(row, parts).allSatisfy { $0 == $1 || $0 == "*" && !$1.utf8.contains(UInt8(ascii: "%")) }
    }

    /// Whether a part is `v`, a digit, then digits or lower-case letters.
    private static func isVersion(_ part: Substring) -> Bool {
        let rest = part.utf8.dropFirst()
        guard part.utf8.first == UInt8(ascii: "v"), let digit = rest.first, (0x30...0x39).contains(digit) else { return false }
        return rest.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
    }

    /// The text after the last colon, which may be written as `%3A`.
    private static func verb(_ part: Substring) -> Substring? {
        let part = part.utf8.contains(UInt8(ascii: "%")) ? part.replacing("%3A", with: ":").replacing("%3a", with: ":") : part
        return part.lastIndex(of: ":").map { part[part.index(after: $0)...] }
    }

    /// The table of a provider. A custom endpoint gets only the paths that are common to OpenAI-compatible APIs: a path that is free at
    /// OpenAI may cost something there.
    static func of(_ dialect: Dialect, provider: String) -> PathTable {
        switch (dialect, provider) {
        case (.anthropic, _): anthropic
        case (.google, _): google
        case (.openai, "openai"), (.openai, "openai-chatgpt"): openai
        case (.openai, "mistral"): mistral
        case (.openai, _): compatible
        }
    }
}
