import Dispatch
import Foundation
import Synchronization

/// A connection with its own serial queue for transactions: libpq blocks, and the threads of tasks must not.
final class PostgresLane: Sendable {
    private let url: String
    private let connectTimeout: Duration
    private let queue = DispatchQueue(label: "sam.postgres", qos: .userInitiated)
    private let connection = Mutex<PostgresConnection?>(nil)

    /// - Parameter connectTimeout: how long to retry connecting to a server that is away.
    init(_ url: String, connectTimeout: Duration) {
        self.url = url
        self.connectTimeout = connectTimeout
    }

    /// The kind of a transaction.
    struct Kind: Sendable {
        /// The statements that begin it and take its locks before anything is read.
        var begin: String
        var isReading: Bool
    }

    /// Runs a closure in a transaction, and again after a conflict or if the connection was lost before the commit.
    ///
    /// - Throws: ``StoreError``, or what the closure throws.
    func run<Result: Sendable>(
        _ kind: Kind, _ unreadable: UnreadableRows, _ body: @escaping @Sendable (PostgresTransaction) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            queue.async { [self] in
                continuation.resume(with: Swift.Result { try connection.withLock { try repeatedly(kind, &$0, unreadable, body) } })
            }
        }
    }

    /// Closes the connection after the running transaction.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                connection.withLock { $0 = nil }
                continuation.resume()
            }
        }
    }

    // MARK: - On the queue

    private func repeatedly<Result: Sendable>(
        _ kind: Kind, _ kept: inout PostgresConnection?, _ unreadable: UnreadableRows,
        _ body: (PostgresTransaction) throws -> Result
    ) throws -> Result {
        var attempt = 0
        while true {
            attempt += 1
            let connection = try kept ?? connect()
            kept = connection
            let transaction = PostgresTransaction(connection, unreadable)
            var phase = PostgresPhase.beginning
            do {
                try connection.run(kind.begin)
                phase = .running
                let result = try body(transaction)
                phase = .committing
                try connection.commit()
                transaction.committed()
                return result
            } catch {
                // The closure may have converted the error, so the connection is asked.
                let failure = transaction.hasFailed || phase != .running ? connection.failure : .final
                if !connection.isOpen {
                    kept = nil
                } else {
                    do {
                        try connection.run("ROLLBACK")
                        if failure == .again { try connection.forgetPlans() }
                    } catch {
                        kept = nil
                    }
                }
                switch failure.next(phase, attempt: attempt, isReading: kind.isReading) {
                case .again: Self.pause(attempt)
                case .fail: throw error
                case .unknownOutcome:
                    throw StoreError(
                        .unknownOutcome,
                        "The database went away while a change was being stored. Look whether it was before you make it again.")
                }
            }
        }
    }

    /// Connects, retrying for `connectTimeout` while the server is away.
    private func connect() throws(StoreError) -> PostgresConnection {
        let end = ContinuousClock.now + connectTimeout
        var attempt = 0
        while true {
            attempt += 1
            do {
                return try PostgresConnection(url)
            } catch {
                guard error.code == .away, ContinuousClock.now < end else { throw error }
            }
            Self.pause(attempt)
        }
    }

    /// Blocks the queue briefly, longer with each attempt, with a random share so that lanes don't retry together.
    private static func pause(_ attempt: Int) {
        usleep(UInt32.random(in: 5_000...20_000) << UInt32(min(attempt, 5)))
    }
}

/// A transaction on a lane.
final class PostgresTransaction: Transaction {
    private let connection: PostgresConnection
    let unreadable: UnreadableRows
    /// The tables with changed rows.
    private var touched: Set<String> = []
    private(set) var hasFailed = false
    var onCommit: ((Set<String>) -> Void)?

    init(_ connection: PostgresConnection, _ unreadable: UnreadableRows) {
        self.connection = connection
        self.unreadable = unreadable
    }

    func query(_ sql: String, _ parameters: [any SQLBindable]) throws -> [Row] { try send(sql, parameters).rows }

    func query(_ sql: String, _ parameters: [any SQLBindable], upTo bytes: Int) throws -> (rows: [Row], isCut: Bool) {
        do {
            return try connection.query(sql, parameters.map(\.sqlValue), upTo: bytes)
        } catch {
            hasFailed = true
            throw error
        }
    }

    func execute(_ sql: String, _ parameters: [any SQLBindable]) throws -> Int { try send(sql, parameters).changed }

    private func send(_ sql: String, _ parameters: [any SQLBindable]) throws -> (rows: [Row], changed: Int) {
        do {
            let outcome = try connection.query(sql, parameters.map(\.sqlValue))
            if outcome.changed > 0, let table = ChangedTable.of(sql) { touched.insert(table) }
            return outcome
        } catch {
            hasFailed = true
            throw error
        }
    }

    func committed() {
        if !touched.isEmpty { onCommit?(touched) }
    }
}
