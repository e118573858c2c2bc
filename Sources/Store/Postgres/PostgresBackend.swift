import Foundation

extension Store {
    /// Opens a PostgreSQL database, version 13 or later.
    ///
    /// Writes are READ COMMITTED with advisory locks: a write without keys runs alone, as with SQLite's single writer; one with keys runs
    /// concurrently with those with other keys. Reads are REPEATABLE READ. A transaction that conflicts with another, or whose connection
    /// breaks before its commit was sent, is run again, so closures must have no effects outside of the database.
    ///
    /// - Parameter url: a libpq URL, `postgresql://user:password@host/database` with settings after `?`.
    /// - Throws: ``StoreError`` with code ``StoreError/Code/away`` if no server answers, or another that says what the administrator has to
    ///   change.
    public static func postgres(at url: String) async throws -> Store {
        let unreadable = UnreadableRows()
        let writing = WriteHealth()
        let backend = PostgresBackend(url, unreadable: unreadable, writing: writing)
        do {
            try await backend.check()
        } catch {
            await backend.end()
            throw error
        }
        return Store(backend: backend, unreadable: unreadable, writing: writing)
    }
}

struct PostgresBackend: Backend {
    private let pool: PostgresPool
    /// Lanes that are reserved for urgent work.
    private let kept: PostgresPool
    private let ticks: ChangeTicks
    private let listener: PostgresListener
    private let unreadable: UnreadableRows
    private let writing: WriteHealth
    private let isUrgent: Bool

    private static let lanes = 8
    private static let keptLanes = 2
    /// The advisory lock that every write takes: exclusive without keys, shared with keys.
    private static let everything: Int64 = 0

    /// - Parameters:
    ///   - connectTimeout: how long to retry connecting to a server that is away: a restart takes a second or two.
    ///   - queueing: how long a transaction waits for a free connection.
    ///   - silence: after how long without a notification followers check for changes themselves, in whole seconds.
    init(
        _ url: String, unreadable: UnreadableRows = UnreadableRows(), writing: WriteHealth = WriteHealth(),
        connectTimeout: Duration = .seconds(5), queueing: Duration = .seconds(5),
        silence: Duration = .seconds(2)
    ) {
        pool = PostgresPool(url, lanes: Self.lanes, connectTimeout: connectTimeout, queueing: queueing)
        kept = PostgresPool(url, lanes: Self.keptLanes, connectTimeout: connectTimeout, queueing: queueing)
        ticks = ChangeTicks()
        listener = PostgresListener(url, ticks, silence: silence)
        self.unreadable = unreadable
        self.writing = writing
        isUrgent = false
        listener.start()
    }

    private init(urgent backend: PostgresBackend) {
        pool = backend.pool
        kept = backend.kept
        ticks = backend.ticks
        listener = backend.listener
        unreadable = backend.unreadable
        writing = backend.writing
        isUrgent = true
    }

    var urgent: any Backend { PostgresBackend(urgent: self) }

    /// Defines BLOB, the name for byte columns in the shared SQL.
    var prelude: [String] {
        [
            """
            DO $$ BEGIN IF to_regtype('blob') IS NULL THEN CREATE DOMAIN blob AS bytea; END IF; END $$
            """
        ]
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        let kind = PostgresLane.Kind(begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", isReading: true)
        return try await lend { lane in try await lane.run(kind, unreadable) { try body($0) } }
    }

    func write<Result: Sendable>(
        locking keys: [LockKey], _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        let kind = PostgresLane.Kind(begin: "BEGIN; " + Self.locks(keys).joined(separator: "; "), isReading: false)
        do {
            let result = try await lend { [ticks, listener] lane in
                try await lane.run(kind, unreadable) { transaction in
                    transaction.onCommit = { tables in
                        ticks.tick(tables)
                        listener.send(tables)
                    }
                    return try body(transaction)
                }
            }
            writing.succeeded()
            return result
        } catch let error as StoreError {
            throw writing.failed(error)
        }
    }

    /// The statements that take a transaction's locks, in the same order everywhere to avoid deadlocks.
    static func locks(_ keys: [LockKey]) -> [String] {
        guard !keys.isEmpty else { return ["SELECT pg_advisory_xact_lock(\(everything))"] }
        return ["SELECT pg_advisory_xact_lock_shared(\(everything))"]
            + Set(keys.map(\.number)).sorted().map { "SELECT pg_advisory_xact_lock(\($0))" }
    }

    private func lend<Result: Sendable>(_ body: @Sendable (PostgresLane) async throws -> Result) async throws -> Result {
        try await (isUrgent ? kept : pool).lend(body)
    }

    func changes(of tables: [String]) -> AsyncStream<Void> { ticks.follow(tables) }

    // The server maintains its own files.
    func tidy() async throws {}
    func canGiveRoomBack() async throws -> Bool { true }
    func rewrite() async throws {}

    func close() async throws { await end() }

    fileprivate func end() async {
        listener.close()
        ticks.finish()
        await pool.close()
        await kept.close()
    }

    /// Checks whether the server and the database meet SAM's requirements.
    func check() async throws {
        let row = try await read { transaction in
            try transaction.first(
                """
                SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding,
                    'B' < 'a' AND '-b' < 'a' AND 'z' < 'ä' AS by_bytes, pg_is_in_recovery() AS standby
                """)
        }
        guard let row else { return }
        if let complaint = PostgresFitness.complaint(
            version: Int(try row.text("version")) ?? 0, encoding: try row.text("encoding"), sortsByBytes: try row.flag("by_bytes"),
            isStandby: try row.flag("standby"))
        {
            throw StoreError(.other, complaint)
        }
    }
}

/// SAM's requirements for a PostgreSQL database.
enum PostgresFitness {
    /// The problem and its remedy; `nil` if the database is usable.
    static func complaint(version: Int, encoding: String, sortsByBytes: Bool, isStandby: Bool) -> String? {
        let remedy = "CREATE DATABASE sam TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
        if version < 130_000 { return "This PostgreSQL is of version \(version / 10_000); SAM needs 13 or later." }
        if encoding != "UTF8" { return "The database's encoding is \(encoding), not UTF8. Make another: \(remedy)" }
        // Lists are sorted by bytes, as in SQLite; another order would break their pages.
        if !sortsByBytes { return "The database sorts by a language and not by bytes. Make another: \(remedy)" }
        if isStandby { return "This PostgreSQL is a standby, which can only be read. Point SAM_DATABASE_URL at the primary." }
        return nil
    }
}
