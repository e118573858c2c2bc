/// Marks that developers leave in code for later.
enum Marks {
    /// The mark in a line's comment; `nil` when there is none. The word alone, in a string or a name, does not count.
    static func kind(of line: String) -> Survey.Mark.Kind? {
        guard let match = line.firstMatch(of: /(?:\/\/+|#|\/?\*+|--|;|<!--|%)!?\s*(TODO|FIXME)\b[\s:(!.\-]/) else {
            return nil
        }
        // After an odd number of quotation marks the comment is inside a string.
        guard line[..<match.range.lowerBound].count(where: { $0 == "\"" }).isMultiple(of: 2) else { return nil }
        return Survey.Mark.Kind(rawValue: String(match.1))
    }

    static let deprecations = ["deprecated"]

    /// Whether a line declares something deprecated.
    static func isDeprecation(_ line: String) -> Bool {
        line.contains(/^\s*(@available\(.*deprecated|@[Dd]eprecated|#\[deprecated|\[\[deprecated|\[Obsolete)/)
    }
}
