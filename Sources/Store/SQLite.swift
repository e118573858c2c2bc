import Foundation
import GRDB
import Synchronization

extension Store {
    /// Opens a SQLite database, making the file if there is none.
    ///
    /// The database is in WAL mode with foreign keys on. Write transactions begin `IMMEDIATE`, and a second
    /// process on the same file waits up to five seconds for the first one's transaction.
    ///
    /// - Parameter path: the database file. Its folder must exist.
    /// - Throws: ``StoreError`` when the file can't be opened or is no database.
    public static func sqlite(at path: String) throws -> Store {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(TimeInterval(SQLiteBackend.busySeconds))
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // What is answered as stored is stored, also when the power goes at that moment: a runner forgets what was
            // acknowledged, and a rotated token exists once.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard !database.configuration.readonly else { return }
            // Holds for a new file only; an older one is made so by rewriting it.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "PRAGMA journal_size_limit = \(SQLiteBackend.logLimit)")
        }
        let unreadable = UnreadableRows()
        return try Store(
            backend: SQLiteBackend(
                pool: translatingErrors { try DatabasePool(path: path, configuration: configuration) },
                path: URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false), unreadable: unreadable),
            unreadable: unreadable)
    }
}

struct SQLiteBackend: Backend {
    /// How long a transaction waits for those of another process. SQLite serves them in no order, so that one can wait through many.
    static let busySeconds = 20

    let pool: DatabasePool
    /// The file itself, beside which its log stands.
    let path: String
    let unreadable: UnreadableRows

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await pool.read { database in try body(SQLiteTransaction(database: database, unreadable: unreadable)) }
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.write { database in try body(SQLiteTransaction(database: database, unreadable: unreadable)) }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    func changes(of tables: [String]) -> AsyncStream<Void> {
        let (stream, ticks) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let observation = DatabaseRegionObservation(tracking: tables.map { Table($0) }).start(
            in: pool, onError: { _ in ticks.finish() }, onChange: { _ in ticks.yield() })
        ticks.onTermination = { _ in observation.cancel() }
        return stream
    }
}

private struct SQLiteTransaction: Transaction {
    let database: Database
    let unreadable: UnreadableRows

    func query(_ sql: String, _ parameters: [any SQLBindable]) throws -> [Row] {
        try translatingErrors {
            let statement = try database.cachedStatement(sql: positional(sql))
            let cursor = try GRDB.Row.fetchCursor(statement, arguments: StatementArguments(parameters.map(\.databaseValue)))
            let columns = Dictionary(
                statement.columnNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            var rows: [Row] = []
            while let row = try cursor.next() {
                rows.append(Row(columns: columns, values: row.databaseValues.map(SQLValue.init)))
            }
            return rows
        }
    }

    func execute(_ sql: String, _ parameters: [any SQLBindable]) throws -> Int {
        try translatingErrors {
            let statement = try database.cachedStatement(sql: positional(sql))
            try statement.execute(arguments: StatementArguments(parameters.map(\.databaseValue)))
            return database.changesCount
        }
    }

    /// SQLite numbers parameters as `?1`; to it `$1` would be a name, numbered by its first appearance.
    ///
    /// Remembered, because searching costs as much as the statement itself. Statements are never built from values, so
    /// there are only as many as the program's text has.
    private func positional(_ sql: String) -> String {
        Self.positional.withLock { known in
            if let text = known[sql] { return text }
            let text = sql.replacing("$", with: "?")
            known[sql] = text
            return text
        }
    }

    private static let positional = Mutex<[String: String]>([:])
}

extension SQLBindable {
    fileprivate var databaseValue: DatabaseValue {
        switch sqlValue {
        case .null: .null
        case .integer(let integer): integer.databaseValue
        case .real(let real): real.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }
}

extension SQLValue {
    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let integer): self = .integer(integer)
        case .double(let real): self = .real(real)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob([UInt8](data))
        }
    }
}

func translatingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw StoreError(error)
    }
}

extension StoreError {
    init(_ error: DatabaseError) {
        let code: Code =
            switch error.resultCode {
            case .SQLITE_CONSTRAINT: .constraint
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_FULL: .full
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            default: .other
            }
        // GRDB's description leaves the arguments out.
        self.init(code, error.description)
    }
}
