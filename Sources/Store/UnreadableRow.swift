import Synchronization
import Wording

/// A row that can't be read as the expected type. It stays in the database unchanged.
public struct UnreadableRow: Sendable, Hashable, Codable {
    /// The row's table.
    public var table: String
    /// The row's id in its table, cut to 120 characters.
    public var id: String
    /// Why it can't be read, cut to 300 characters.
    public var reason: String

    /// Creates the description of a row.
    public init(table: String, id: String, reason: String) {
        self.table = table
        self.id = String(id.prefix(Self.idLimit))
        self.reason = String(reason.prefix(Self.reasonLimit))
    }

    private static let idLimit = 120
    private static let reasonLimit = 300
}

/// The rows of a store that could not be read, each reported once. Thread-safe.
public final class UnreadableRows: Sendable {
    private struct State {
        var rows: Set<UnreadableRow> = []
        var tell: @Sendable (UnreadableRow) -> Void = { _ in }
    }

    private let state = Mutex(State())
    /// The most rows that are kept; further ones are ignored.
    private static let limit = 1_000

    init() {}

    /// The rows found since the store was opened, sorted by table and id.
    public var rows: [UnreadableRow] {
        state.withLock { $0.rows }.sorted { ($0.table, $0.id, $0.reason) < ($1.table, $1.id, $1.reason) }
    }

    /// Sets the closure that is called for each new row, and calls it for those already found.
    public func tell(_ tell: @escaping @Sendable (UnreadableRow) -> Void) {
        let known = state.withLock { state in
            state.tell = tell
            return state.rows
        }
        for row in known { tell(row) }
    }

    /// Adds a row, unless it is already known.
    public func report(_ row: UnreadableRow) {
        let tell = state.withLock { state in
            state.rows.count < Self.limit && state.rows.insert(row).inserted ? state.tell : nil
        }
        tell?(row)
    }
}

extension Transaction {
    /// Makes a value of each row. A row that can't be read is reported and skipped.
    ///
    /// - Parameters:
    ///   - table: the table of the rows, for the report.
    ///   - id: the id of a row, for the report.
    public func readable<Value>(
        _ rows: [Row], of table: String, id: (Row) throws -> String = { try $0.text("id") }, _ make: (Row) throws -> Value
    ) -> [Value] {
        rows.compactMap { row in
            do {
                return try make(row)
            } catch {
                report(row, of: table, id: id, error)
                return nil
            }
        }
    }

    /// Reports a row that can't be read.
    public func report(_ row: Row, of table: String, id: (Row) throws -> String = { try $0.text("id") }, _ error: any Error) {
        let name: String
        do { name = try id(row) } catch { name = "?" }
        unreadable.report(UnreadableRow(table: table, id: name, reason: reason(of: error)))
    }
}
