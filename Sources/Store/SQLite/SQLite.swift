import Foundation
import GRDB
import Synchronization

extension Store {
    /// Opens a SQLite database, creating the file if it is missing.
    ///
    /// The database is in WAL mode with foreign keys on. Write transactions begin with `IMMEDIATE` and wait up to 20 seconds for the
    /// transaction of another process on the same file.
    ///
    /// - Parameter path: the database file. Its folder must exist.
    /// - Throws: ``StoreError`` if the file can't be opened or is not a database.
    public static func sqlite(at path: String) throws -> Store {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(TimeInterval(SQLiteBackend.busySeconds))
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // A committed write survives a power failure: a runner deletes what was acknowledged, and a rotated token exists only once.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard !database.configuration.readonly else { return }
            // Takes effect for a new file only; an older file gets it when it is rewritten.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "PRAGMA journal_size_limit = \(SQLiteBackend.logLimit)")
        }
        let unreadable = UnreadableRows()
        let writing = WriteHealth()
        let pool = try translatingErrors { try DatabasePool(path: path, configuration: configuration) }
        return Store(
            backend: SQLiteBackend(
                pool: pool, commits: GroupCommit(pool: pool),
                path: URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false), unreadable: unreadable,
                writing: writing),
            unreadable: unreadable, writing: writing)
    }
}

struct SQLiteBackend: Backend {
    /// The seconds that a transaction waits for those of another process. SQLite serves waiters in no order, so one can wait through many.
    static let busySeconds = 20

    let pool: DatabasePool
    let commits: GroupCommit
    /// The database file with symbolic links resolved; its log is beside it.
    let path: String
    let unreadable: UnreadableRows
    let writing: WriteHealth

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.read { database in try body(SQLiteTransaction(database: database, unreadable: unreadable)) }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    var urgent: any Backend { self }
    var prelude: [String] { [] }

    func write<Result: Sendable>(
        locking keys: [LockKey], _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        do {
            let result = try await commits.write { [unreadable] database in
                try body(SQLiteTransaction(database: database, unreadable: unreadable))
            }
            writing.succeeded()
            return result
        } catch let error as DatabaseError {
            throw writing.failed(StoreError(error))
        } catch let error as StoreError {
            throw writing.failed(error)
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
        try query(sql, parameters, upTo: .max).rows
    }

    func query(_ sql: String, _ parameters: [any SQLBindable], upTo bytes: Int) throws -> (rows: [Row], isCut: Bool) {
        try translatingErrors {
            let statement = try database.cachedStatement(sql: positional(sql))
            let cursor = try GRDB.Row.fetchCursor(statement, arguments: try arguments(parameters))
            let columns = Dictionary(
                statement.columnNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            var rows: [Row] = []
            var size = 0
            while let values = try cursor.next() {
                guard size < bytes || rows.isEmpty else { return (rows, true) }
                let row = Row(columns: columns, values: values.databaseValues.map(SQLValue.init))
                if bytes < .max { size += row.size }
                rows.append(row)
            }
            return (rows, false)
        }
    }

    func execute(_ sql: String, _ parameters: [any SQLBindable]) throws -> Int {
        try translatingErrors {
            let statement = try database.cachedStatement(sql: positional(sql))
            try statement.execute(arguments: try arguments(parameters))
            return database.changesCount
        }
    }

    /// - Throws: ``StoreError/Code/unstorable`` for a text with U+0000, where SQLite would cut it.
    private func arguments(_ parameters: [any SQLBindable]) throws -> StatementArguments {
        StatementArguments(
            try parameters.map { parameter in
                if case .text(let text) = parameter.sqlValue, text.utf8.contains(0) {
                    throw StoreError(.unstorable, "A text holds the character U+0000, which can't be stored.")
                }
                return parameter.databaseValue
            })
    }

    /// Converts parameters from `$1` to `?1`: SQLite takes `$1` for a name and numbers it by its first appearance.
    ///
    /// Cached, because the replacement costs as much as the statement itself. Statements are never built from values, so their number is
    /// bounded.
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
        // GRDB's description does not include the arguments.
        let code: Code =
            switch error.resultCode {
            case .SQLITE_CONSTRAINT: .constraint
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_FULL: .full
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: .denied
            default: .other
            }
        self.init(code, cause: error.description)
    }
}
