/// SAM's database: reads and writes, each in its own transaction.
///
/// A store is a small value around one backend; thread-safe. Reads run concurrently and see one consistent state. Writes without keys run
/// one after another. A write that throws changes nothing.
public struct Store: Sendable {
    let backend: any Backend
    /// The rows that could not be read so far.
    public let unreadable: UnreadableRows

    /// Whether the database accepts writes.
    public let writing: WriteHealth

    init(backend: any Backend, unreadable: UnreadableRows, writing: WriteHealth = WriteHealth()) {
        self.backend = backend
        self.unreadable = unreadable
        self.writing = writing
    }

    /// Runs a closure in a read-only transaction.
    ///
    /// - Throws: ``StoreError``, or what the closure throws.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await StoreMetrics.measure(StoreMetrics.reads) { try await backend.read(body) }
    }

    /// Runs a closure in a transaction that is committed when it returns and rolled back when it throws.
    ///
    /// - Throws: ``StoreError``, or what the closure throws.
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await StoreMetrics.measure(StoreMetrics.writes) { try await backend.write(locking: [], body) }
    }

    /// Runs a closure in a write transaction that runs concurrently with others with other keys, if the database supports it. SQLite has
    /// one writer at a time.
    ///
    /// - Parameter keys: what the closure changes.
    /// - Throws: ``StoreError``, or what the closure throws.
    public func write<Result: Sendable>(
        locking keys: LockKey..., body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await StoreMetrics.measure(StoreMetrics.writes) { try await backend.write(locking: keys, body) }
    }

    /// The same database over connections that are reserved for supervision and heartbeats, so that a flood of requests can't delay them.
    public var urgent: Store { Store(backend: backend.urgent, unreadable: unreadable, writing: writing) }

    /// A stream that ticks after each write that changed a row of one of these tables: by this process and, with PostgreSQL, by other
    /// processes. Unconsumed ticks are merged, and there may be more ticks than changes.
    public func changes(of tables: [String]) -> AsyncStream<Void> {
        backend.changes(of: tables)
    }

    // MARK: - Upkeep

    /// Frees the disk space of deleted rows, in small steps between which others can write, and keeps the write-ahead log short. Call it
    /// from time to time.
    ///
    /// - Throws: ``StoreError``; `CancellationError`.
    public func tidy() async throws {
        try await backend.tidy()
    }

    /// Whether the database can free disk space without being rewritten. Databases of earlier versions can't.
    ///
    /// - Throws: ``StoreError``.
    public func canGiveRoomBack() async throws -> Bool {
        try await backend.canGiveRoomBack()
    }

    /// Rewrites the whole database, so that it can free disk space from then on. Other writers wait meanwhile.
    ///
    /// - Throws: ``StoreError``, with code ``StoreError/Code/full`` if there is no space for a second copy; the database is unchanged then.
    public func rewrite() async throws {
        try await backend.rewrite()
    }

    /// Moves everything into the database file, so that a copy of that file alone is complete, and closes the database. Later reads and
    /// writes fail. With PostgreSQL it only closes the connections.
    ///
    /// - Throws: ``StoreError`` if another program still reads; the data stays in the file and its log then.
    public func close() async throws {
        try await backend.close()
    }
}

/// The requirements of ``Store`` for a database.
protocol Backend: Sendable {
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result
    func write<Result: Sendable>(
        locking keys: [LockKey], _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result
    func tidy() async throws
    func canGiveRoomBack() async throws -> Bool
    func rewrite() async throws
    func close() async throws
    func changes(of tables: [String]) -> AsyncStream<Void>
    /// The same database, over reserved connections.
    var urgent: any Backend { get }
    /// Statements to run before migrations, so that the database accepts the shared SQL.
    var prelude: [String] { get }
}
