/// One row of a result, read by column name.
///
/// Each accessor throws ``StoreError`` with code ``StoreError/Code/unexpectedValue`` if the column is missing or has another type, so that
/// an unreadable row does not crash the program.
public struct Row: Sendable {
    private let columns: [String: Int]
    private let values: [SQLValue]

    init(columns: [String: Int], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The length of the values, in bytes.
    var size: Int { values.reduce(0) { $0 + $1.size } }

    /// The raw value of a column.
    public func value(_ column: String) throws(StoreError) -> SQLValue {
        guard let index = columns[column] else {
            throw StoreError(.unexpectedValue, "the result has no column \(column)")
        }
        return values[index]
    }

    /// A text that must not be NULL.
    public func text(_ column: String) throws(StoreError) -> String {
        guard let text = try optionalText(column) else { throw missing(column) }
        return text
    }

    /// A text, or `nil` for NULL.
    public func optionalText(_ column: String) throws(StoreError) -> String? {
        switch try value(column) {
        case .text(let text): return text
        case .null: return nil
        case .integer, .real, .blob: throw mistyped(column, "text")
        }
    }

    /// An integer that must not be NULL.
    public func integer(_ column: String) throws(StoreError) -> Int {
        guard let integer = try optionalInteger(column) else { throw missing(column) }
        return integer
    }

    /// An integer, or `nil` for NULL.
    public func optionalInteger(_ column: String) throws(StoreError) -> Int? {
        switch try value(column) {
        case .integer(let integer): return Int(integer)
        case .null: return nil
        case .text, .real, .blob: throw mistyped(column, "an integer")
        }
    }

    /// A Boolean, stored as 0 or 1.
    public func flag(_ column: String) throws(StoreError) -> Bool {
        try integer(column) != 0
    }

    /// A text converted to an enum case or a typed id.
    public func parsed<Parsed: RawRepresentable<String>>(
        _ column: String, as type: Parsed.Type = Parsed.self
    ) throws(StoreError) -> Parsed {
        let text = try text(column)
        guard let parsed = Parsed(rawValue: text) else {
            throw StoreError(.unexpectedValue, "column \(column) holds “\(text)”, which is no \(type)")
        }
        return parsed
    }

    private func missing(_ column: String) -> StoreError {
        StoreError(.unexpectedValue, "column \(column) is NULL")
    }

    private func mistyped(_ column: String, _ expected: String) -> StoreError {
        StoreError(.unexpectedValue, "column \(column) does not hold \(expected)")
    }
}
