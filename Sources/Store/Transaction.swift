/// A transaction in progress.
///
/// Statements are written once, in the dialect that SQLite and PostgreSQL share: positional parameters
/// `$1…$n`, `ON CONFLICT`, `RETURNING`. A transaction is valid only inside the closure that received it.
public protocol Transaction {
    /// Runs a statement and returns its rows.
    ///
    /// - Parameters:
    ///   - sql: the statement, with parameters `$1…$n`. Never built from values.
    ///   - parameters: the values of `$1…$n`, in order.
    /// - Throws: ``StoreError``.
    func query(_ sql: String, _ parameters: [any SQLBindable]) throws -> [Row]

    /// Runs a statement for its effect.
    ///
    /// - Returns: the number of rows changed.
    /// - Throws: ``StoreError``.
    @discardableResult
    func execute(_ sql: String, _ parameters: [any SQLBindable]) throws -> Int

    /// Who takes note of rows that can't be read.
    var unreadable: UnreadableRows { get }
}

extension Transaction {
    /// Runs a statement with its parameters in a row.
    public func query(_ sql: String, _ parameters: any SQLBindable...) throws -> [Row] {
        try query(sql, parameters)
    }

    /// Runs a statement and returns its first row, if any.
    public func first(_ sql: String, _ parameters: any SQLBindable...) throws -> Row? {
        try query(sql, parameters).first
    }

    /// Runs a statement for its effect, with its parameters in a row.
    @discardableResult
    public func execute(_ sql: String, _ parameters: any SQLBindable...) throws -> Int {
        try execute(sql, parameters)
    }
}
