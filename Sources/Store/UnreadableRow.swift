import Synchronization
import Wording

/// A row that can't be read as what it should be. It stays in the database as it is, and hides no other.
public struct UnreadableRow: Sendable, Hashable, Codable {
    public var table: String
    /// What names the row in its table.
    public var id: String
    /// What is wrong with it.
    public var reason: String

    /// Describes a row.
    public init(table: String, id: String, reason: String) {
        self.table = table
        self.id = String(id.prefix(Self.idLimit))
        self.reason = String(reason.prefix(Self.reasonLimit))
    }

    private static let idLimit = 120
    private static let reasonLimit = 300
}

/// The rows of a store that could not be read, each told once.
public final class UnreadableRows: Sendable {
    private struct State {
        var rows: Set<UnreadableRow> = []
        var tell: @Sendable (UnreadableRow) -> Void = { _ in }
    }

    private let state = Mutex(State())
    /// More than a person looks through.
    private static let limit = 1_000

    init() {}

    /// All that were found since the store was opened, by table and id.
    public var rows: [UnreadableRow] {
        state.withLock { $0.rows }.sorted { ($0.table, $0.id, $0.reason) < ($1.table, $1.id, $1.reason) }
    }

    /// Has each new one told, also those that were found before.
    public func tell(_ tell: @escaping @Sendable (UnreadableRow) -> Void) {
        let known = state.withLock { state in
            state.tell = tell
            return state.rows
        }
        for row in known { tell(row) }
    }

    /// Adds one.
    public func report(_ row: UnreadableRow) {
        let tell = state.withLock { state in
            state.rows.count < Self.limit && state.rows.insert(row).inserted ? state.tell : nil
        }
        tell?(row)
    }
}

extension Transaction {
    /// Makes a value of each row. One that can't be read is reported and left out, and hides no other.
    ///
    /// - Parameters:
    ///   - table: where the rows are from, for who is told.
    ///   - id: what names a row.
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
