import Synchronization

/// Finds the table that a statement changes. The cache is bounded: statements are never built from values.
enum ChangedTable {
    private static let known = Mutex<[String: String?]>([:])

    /// The changed table; `nil` for a statement that only reads.
    static func of(_ sql: String) -> String? {
        known.withLock { known in
            if let table = known[sql] { return table }
            let table = read(sql)
            known[sql] = .some(table)
            return table
        }
    }

    /// Parses the first words of a statement.
    static func read(_ sql: String) -> String? {
        let words = sql.split(maxSplits: 3, omittingEmptySubsequences: true) { $0.isWhitespace || $0 == "(" }.prefix(3)
        switch words.first?.uppercased() {
        case "INSERT", "DELETE": return words.count > 2 ? words[2].lowercased() : nil
        case "UPDATE": return words.count > 1 ? words[1].lowercased() : nil
        default: return nil
        }
    }
}
