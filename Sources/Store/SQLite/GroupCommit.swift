import GRDB
import Synchronization

/// Runs writes one after another, in the order in which they came, and commits those that wait together: each commit waits for the disk.
///
/// Each write has its own savepoint, so one that throws changes nothing and the others are committed. A write returns after its commit.
/// A write may run twice: when SQLite rolls a whole group back, each of its writes runs again in its own transaction. Thread-safe.
final class GroupCommit: Sendable {
    /// A group takes no more writes after this time, so that its first one does not wait long for its commit.
    private static let span = Duration.milliseconds(4)

    private struct Queue {
        var waiting: [any PendingWrite] = []
        /// Whether the writer's thread will look at the queue.
        var isScheduled = false
    }

    private let queue = Mutex(Queue())
    private let pool: DatabasePool

    init(pool: DatabasePool) {
        self.pool = pool
    }

    /// Runs a write.
    ///
    /// - Throws: what the body throws; `DatabaseError`; `CancellationError` if the task is cancelled before the write has begun.
    func write<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        let write = QueuedWrite(body)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { caller in
                if write.wait(caller) { add(write) }
            }
        } onCancel: {
            write.cancel()
        }
    }

    /// The number of writes that have not begun.
    var waitingCount: Int { queue.withLock { $0.waiting.count } }

    private func add(_ write: any PendingWrite) {
        let mustSchedule = queue.withLock { queue in
            queue.waiting.append(write)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if mustSchedule { schedule() }
    }

    private func schedule() {
        pool.asyncWriteWithoutTransaction { [self] database in
            runGroup(database)
            let hasMore = queue.withLock { queue in
                queue.isScheduled = !queue.waiting.isEmpty
                return queue.isScheduled
            }
            if hasMore { schedule() }
        }
    }

    private func takeWaiting() -> [any PendingWrite] {
        queue.withLock { queue in
            defer { queue.waiting = [] }
            return queue.waiting
        }
    }

    private func putBack(_ writes: ArraySlice<any PendingWrite>) {
        queue.withLock { $0.waiting = writes + $0.waiting }
    }

    // MARK: - On the writer's thread

    private func runGroup(_ database: Database) {
        var group: [any PendingWrite] = []
        var hasBegun = false
        do {
            try database.inTransaction(.immediate) {
                hasBegun = true
                let end = ContinuousClock.now + Self.span
                while case let batch = takeWaiting(), !batch.isEmpty {
                    for (index, write) in batch.enumerated() {
                        guard ContinuousClock.now < end || group.isEmpty else {
                            putBack(batch[index...])
                            return .commit
                        }
                        guard write.begin() else { continue }
                        group.append(write)
                        write.run(in: database) { body in
                            try database.inSavepoint {
                                try body()
                                return .commit
                            }
                        }
                        // After some errors, such as a full disk, SQLite rolls the whole transaction back.
                        guard database.isInsideTransaction else {
                            putBack(batch[(index + 1)...])
                            throw DatabaseError(resultCode: .SQLITE_ABORT)
                        }
                    }
                }
                return .commit
            }
            for write in group { write.end() }
        } catch {
            guard hasBegun else {
                // The database can't be written, or another process keeps it: each write alone would wait as long for the same error.
                for write in takeWaiting() where write.begin() { write.fail(error) }
                return
            }
            for write in group { runAlone(write, database) }
        }
    }

    private func runAlone(_ write: any PendingWrite, _ database: Database) {
        write.run(in: database) { body in
            try database.inTransaction(.immediate) {
                try body()
                return .commit
            }
        }
        write.end()
    }
}

/// A write in the queue, whatever it returns.
private protocol PendingWrite: Sendable {
    /// - Returns: whether it must run; not after it was cancelled.
    func begin() -> Bool
    /// Runs it and keeps its result for ``end()``.
    ///
    /// - Parameter transaction: runs the closure that it is given in a transaction or savepoint.
    func run(in database: Database, _ transaction: (() throws -> Void) throws -> Void)
    /// Returns to its caller with the result of the last run.
    func end()
    /// Returns to its caller with an error.
    func fail(_ error: any Error)
}

private final class QueuedWrite<Success: Sendable>: PendingWrite {
    private enum State {
        case new
        case waiting(CheckedContinuation<Success, any Error>)
        case running(CheckedContinuation<Success, any Error>, Result<Success, any Error>?)
        case over
    }

    private let body: @Sendable (Database) throws -> Success
    private let state = Mutex(State.new)

    init(_ body: @escaping @Sendable (Database) throws -> Success) {
        self.body = body
    }

    /// Sets whom to return to.
    ///
    /// - Returns: whether it must be queued; not if it was cancelled before.
    func wait(_ caller: CheckedContinuation<Success, any Error>) -> Bool {
        let isNew = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(caller)
            return true
        }
        if !isNew { caller.resume(throwing: CancellationError()) }
        return isNew
    }

    func cancel() {
        let caller = state.withLock { state -> CheckedContinuation<Success, any Error>? in
            switch state {
            case .new:
                state = .over
                return nil
            case .waiting(let caller):
                state = .over
                return caller
            case .running, .over: return nil
            }
        }
        caller?.resume(throwing: CancellationError())
    }

    func begin() -> Bool {
        state.withLock { state in
            guard case .waiting(let caller) = state else { return false }
            state = .running(caller, nil)
            return true
        }
    }

    func run(in database: Database, _ transaction: (() throws -> Void) throws -> Void) {
        let result = Result {
            var success: Success?
            try transaction { success = try body(database) }
            guard let success else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
            return success
        }
        state.withLock { state in
            if case .running(let caller, _) = state { state = .running(caller, result) }
        }
    }

    func end() { finish { $0 ?? .failure(DatabaseError(resultCode: .SQLITE_ABORT)) } }

    func fail(_ error: any Error) { finish { _ in .failure(error) } }

    private func finish(_ outcome: (Result<Success, any Error>?) -> Result<Success, any Error>) {
        let ended = state.withLock { state -> (CheckedContinuation<Success, any Error>, Result<Success, any Error>?)? in
            guard case .running(let caller, let result) = state else { return nil }
            state = .over
            return (caller, result)
        }
        if let (caller, result) = ended { caller.resume(with: outcome(result)) }
    }
}
