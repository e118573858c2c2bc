import Foundation
import GRDB
import Synchronization
import Testing

@testable import Store

@Suite("Writes that wait together", .timeLimit(.minutes(1)))
struct GroupCommitTests {
    private struct Refused: Error, Equatable {
        var number: Int
    }

    @Test("They are committed together, in the order in which they came, and each returns its own result")
    func together() async throws {
        try await Bench.with { bench in
            let results = try await bench.behindBlockedWrite(count: 20) { number, database in
                try database.execute(sql: "INSERT INTO things (n) VALUES (?)", arguments: [number])
                return number * 2
            }
            #expect(results.map { try? $0.get() } == (0..<20).map { $0 * 2 })
            #expect(try await bench.numbers() == Array(0..<20))
            #expect(bench.commits.count < 20, "Writes that waited share a commit")
        }
    }

    @Test("One that throws changes nothing and gets its own error; those before and after it are committed")
    func refused() async throws {
        try await Bench.with { bench in
            let results = try await bench.behindBlockedWrite(count: 9) { number, database in
                try database.execute(sql: "INSERT INTO things (n) VALUES (?)", arguments: [number])
                if number % 3 == 1 { throw Refused(number: number) }
                return number
            }
            for (number, result) in results.enumerated() {
                if number % 3 == 1 {
                    #expect(throws: Refused(number: number)) { try result.get() }
                } else {
                    #expect(try result.get() == number)
                }
            }
            #expect(try await bench.numbers() == [0, 2, 3, 5, 6, 8])
        }
    }

    @Test("When SQLite rolls back the whole transaction because of one, the others are committed all the same")
    func rolledBack() async throws {
        try await Bench.with { bench in
            let results = try await bench.behindBlockedWrite(count: 6) { number, database in
                if number == 3 {
                    try database.execute(sql: "INSERT INTO things (n) VALUES (?)", arguments: [number])
                    // Like a full disk, this ends the transaction and not the statement alone.
                    try database.execute(sql: "INSERT OR ROLLBACK INTO things (n) VALUES (?)", arguments: [number])
                }
                try database.execute(sql: "INSERT INTO things (n) VALUES (?)", arguments: [number])
                return number
            }
            #expect(results.enumerated().allSatisfy { ((try? $1.get()) == nil) == ($0 == 3) })
            #expect(try await bench.numbers() == [0, 1, 2, 4, 5])
        }
    }

    @Test("One whose task is cancelled while it waits never runs; the others do")
    func cancelled() async throws {
        try await Bench.with { bench in
            let gate = DispatchSemaphore(value: 0)
            let blocked = try await bench.block(with: gate)
            let cancelled = Task { try await bench.insert(1) }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            let other = Task { try await bench.insert(2) }
            gate.signal()
            try await blocked.value
            try await other.value
            #expect(try await bench.numbers() == [2])
        }
    }

    @Test("After the database is closed they fail")
    func closed() async throws {
        try await Bench.with { bench in
            try bench.pool.close()
            await #expect(throws: DatabaseError.self) { try await bench.insert(1) }
        }
    }
}

/// A database with one table, and a count of its commits.
private struct Bench {
    let pool: DatabasePool
    let writes: GroupCommit
    let commits: CommitCount

    static func with(_ body: (Bench) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "group-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pool = try DatabasePool(path: folder + "/db")
        try await pool.write { try $0.execute(sql: "CREATE TABLE things (n INTEGER UNIQUE)") }
        let commits = CommitCount()
        pool.add(transactionObserver: commits, extent: .databaseLifetime)
        try await body(Bench(pool: pool, writes: GroupCommit(pool: pool), commits: commits))
    }

    /// Queues writes one after another while an earlier one is kept from ending, and then lets it end.
    func behindBlockedWrite<Result: Sendable>(
        count: Int, _ body: @escaping @Sendable (Int, GRDB.Database) throws -> Result
    ) async throws -> [Swift.Result<Result, any Error>] {
        let gate = DispatchSemaphore(value: 0)
        let blocked = try await block(with: gate)
        var tasks: [Task<Result, any Error>] = []
        for number in 0..<count {
            tasks.append(Task { try await writes.write { try body(number, $0) } })
            while writes.waitingCount <= number { await Task.yield() }
        }
        gate.signal()
        try await blocked.value
        var results: [Swift.Result<Result, any Error>] = []
        for task in tasks { results.append(await task.result) }
        return results
    }

    /// Starts a write that ends when the gate opens. When this returns, it has begun.
    func block(with gate: DispatchSemaphore) async throws -> Task<Void, any Error> {
        let (begun, start) = AsyncStream.makeStream(of: Void.self)
        let blocked = Task {
            try await writes.write { _ in
                start.finish()
                // Open from then on: a write may run twice.
                gate.wait()
                gate.signal()
            }
        }
        for await _ in begun {}
        return blocked
    }

    func insert(_ number: Int) async throws {
        try await writes.write { try $0.execute(sql: "INSERT INTO things (n) VALUES (?)", arguments: [number]) }
    }

    func numbers() async throws -> [Int] {
        try await pool.read { try Int.fetchAll($0, sql: "SELECT n FROM things ORDER BY rowid") }
    }
}

private final class CommitCount: TransactionObserver, Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: GRDB.Database) { value.withLock { $0 += 1 } }
    func databaseDidRollback(_ db: GRDB.Database) {}
}
