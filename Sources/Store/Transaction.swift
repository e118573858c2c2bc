/// A transaction in progress.
///
/// Statements use the SQL that SQLite and PostgreSQL share: positional parameters `$1…$n`, `ON CONFLICT`, `RETURNING`. A transaction is
/// valid only inside the closure that received it.
public protocol Transaction {
    /// Runs a statement and returns its rows.
    ///
    /// - Parameters:
    ///   - sql: the statement, with parameters `$1…$n`. Never built from values.
    ///   - parameters: the values of `$1…$n`, in order.
    /// - Throws: ``StoreError``.
    func query(_ sql: String, _ parameters: [any SQLBindable]) throws -> [Row]

    /// Runs a statement and returns its first rows.
    ///
    /// - Parameter bytes: no further row is kept after the one with which the rows are this long. One row always is.
    /// - Returns: the rows, and whether there were more.
    /// - Throws: ``StoreError``.
    func query(_ sql: String, _ parameters: [any SQLBindable], upTo bytes: Int) throws -> (rows: [Row], isCut: Bool)

    /// Runs a statement for its effect.
    ///
    /// - Returns: the number of rows changed.
    /// - Throws: ``StoreError``.
    @discardableResult
    func execute(_ sql: String, _ parameters: [any SQLBindable]) throws -> Int

    /// Collects the rows that can't be read.
    var unreadable: UnreadableRows { get }
}

extension Transaction {
    /// Runs a statement with variadic parameters and returns its rows.
    public func query(_ sql: String, _ parameters: any SQLBindable...) throws -> [Row] {
        try query(sql, parameters)
    }

    /// Runs a statement and returns its first row, if any.
    public func first(_ sql: String, _ parameters: any SQLBindable...) throws -> Row? {
        try query(sql, parameters).first
    }

    /// Runs a statement for its effect, with variadic parameters.
    @discardableResult
    public func execute(_ sql: String, _ parameters: any SQLBindable...) throws -> Int {
        try execute(sql, parameters)
    }
}
