/// Marks that people leave in code for later.
enum Marks {
    /// Which mark a line carries, if it carries one in a comment. The word alone, in a string or a name, is none.
    static func kind(of line: String) -> Survey.Mark.Kind? {
        guard let match = line.firstMatch(of: /(?:\/\/+|#|\/?\*+|--|;|<!--|%)!?\s*(TODO|FIXME)\b[\s:(!.\-]/) else {
            return nil
        }
        // After an odd quotation mark the comment stands inside a string.
        guard line[..<match.range.lowerBound].count(where: { $0 == "\"" }).isMultiple(of: 2) else { return nil }
        return Survey.Mark.Kind(rawValue: String(match.1))
    }

    static let deprecations = ["deprecated"]

    /// Whether a line declares something deprecated.
    static func isDeprecation(_ line: String) -> Bool {
        line.contains(/^\s*(@available\(.*deprecated|@[Dd]eprecated|#\[deprecated|\[\[deprecated|\[Obsolete)/)
    }
}
