import Synchronization

/// Whether a store accepts writes: it does not from a write that failed for an external reason until the next write that succeeds.
/// Thread-safe.
public final class WriteHealth: Sendable {
    private let state = Mutex<StoreError?>(nil)

    init() {}

    /// The last error from a full disk, missing permission or damage; `nil` after a write that succeeded.
    public var failure: StoreError? { state.withLock { $0 } }

    func succeeded() { state.withLock { $0 = nil } }

    /// - Returns: the same error.
    func failed(_ error: StoreError) -> StoreError {
        if [.full, .denied, .corrupt].contains(error.code) { state.withLock { $0 = error } }
        return error
    }
}

extension Store {
    /// Rewrites a row unchanged, to test whether the database accepts writes again.
    ///
    /// - Throws: ``StoreError``.
    public func tryWriting() async throws {
        _ = try await write { transaction in
            try transaction.execute("UPDATE migrations SET name = name WHERE module = 'sessions' AND number = 1")
        }
    }
}
