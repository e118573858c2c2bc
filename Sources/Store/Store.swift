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
}

/// What a database must offer to stand behind ``Store``.
protocol Backend: Sendable {
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result
}
