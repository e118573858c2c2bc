/// SAM's database: reads and writes, each in a transaction of its own.
///
/// A store is a small value around one backend and can be shared freely between tasks. Reads run side by
/// side and see one consistent state; writes run one after another, and a write that throws leaves nothing
/// behind.
public struct Store: Sendable {
    private let backend: any Backend
    /// The rows that could not be read.
    public let unreadable: UnreadableRows

    init(backend: any Backend, unreadable: UnreadableRows) {
        self.backend = backend
        self.unreadable = unreadable
    }

    /// Runs a closure in a read-only transaction.
    ///
    /// - Throws: ``StoreError``, or what the closure throws.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await backend.read(body)
    }

    /// Runs a closure in a transaction that is committed when it returns and rolled back when it throws.
    ///
    /// - Throws: ``StoreError``, or what the closure throws.
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await backend.write(body)
    }

    /// A stream that ticks after each write of this process that changed a row of one of these tables. Ticks that were not consumed are merged.
    public func changes(of tables: [String]) -> AsyncStream<Void> {
        backend.changes(of: tables)
    }

    // MARK: - Upkeep

    /// Gives room back that removed rows took, in small steps between which others write, and keeps the write-ahead log short.
    /// To be called now and then.
    ///
    /// - Throws: ``StoreError``; `CancellationError`.
    public func tidy() async throws {
        try await backend.tidy()
    }

    /// Whether the database can give room back without being rewritten. Those of earlier versions can't.
    ///
    /// - Throws: ``StoreError``.
    public func canGiveRoomBack() async throws -> Bool {
        try await backend.canGiveRoomBack()
    }

    /// Rewrites the whole database, so that it can give room back from then on. Other writers wait meanwhile.
    ///
    /// - Throws: ``StoreError``, with code ``StoreError/Code/full`` where there is no room for a second copy; everything stands as
    ///   before then.
    public func rewrite() async throws {
        try await backend.rewrite()
    }

    /// Moves everything into the database's own file, so that a copy of that file alone is whole, and closes it. Reads and writes
    /// fail from then on.
    ///
    /// - Throws: ``StoreError`` when somebody else still reads; everything stands in the file and its log then.
    public func close() async throws {
        try await backend.close()
    }
}

/// What a database must offer to stand behind ``Store``.
protocol Backend: Sendable {
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result
    func tidy() async throws
    func canGiveRoomBack() async throws -> Bool
    func rewrite() async throws
    func close() async throws
    func changes(of tables: [String]) -> AsyncStream<Void>
}
