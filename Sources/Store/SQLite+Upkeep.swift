import Foundation
import GRDB

extension SQLiteBackend {
    /// The write-ahead log is not longer than this for long, in bytes.
    static let logLimit = 8 << 20
    /// Free pages that are kept for what is written next.
    private static let keptPages = 256
    /// How many pages are given back in one transaction: a writer waits a few milliseconds for it.
    private static let step = 256

    func tidy() async throws {
        try await translating {
            if try await freePages() > 2 * Self.keptPages {
                while try await giveBackSome() {
                    try await Task.sleep(for: .milliseconds(10))
                }
                _ = try await shortenLog()
            } else if logSize > Self.logLimit {
                _ = try await shortenLog()
            }
        }
    }

    func canGiveRoomBack() async throws -> Bool {
        try await translating { try await pool.read { try Int.fetchOne($0, sql: "PRAGMA auto_vacuum") } == 2 }
    }

    func rewrite() async throws {
        try await translating {
            // What is to hold of the new file was said when the connection was opened.
            try await pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
            _ = try await shortenLog()
        }
    }

    func close() async throws {
        try await translating {
            try await pool.writeWithoutTransaction { database in _ = try database.checkpoint(.truncate) }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                // It waits for reads that are under way.
                DispatchQueue.global().async { continuation.resume(with: Result { try pool.close() }) }
            }
        }
    }

    // MARK: - Parts

    private func freePages() async throws -> Int {
        try await pool.read { database in
            // Only then can they be given back.
            guard try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") == 2 else { return 0 }
            return try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        }
    }

    /// - Returns: whether there are more.
    private func giveBackSome() async throws -> Bool {
        try await pool.write { database in
            // Each row of its answer is a page.
            let pages = try GRDB.Row.fetchCursor(database, sql: "PRAGMA incremental_vacuum(\(Self.step))")
            while try pages.next() != nil {}
            return try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0 > Self.keptPages
        }
    }

    /// Writes the log's content into the database and empties it. While somebody reads an older state, it is left for the next time.
    private func shortenLog() async throws -> Bool {
        try await pool.writeWithoutTransaction { database in
            let log = try database.checkpoint(.passive)
            guard log.walFrameCount == log.checkpointedFrameCount else { return false }
            // Writers wait for this, so it never waits long itself.
            try database.execute(sql: "PRAGMA busy_timeout = 100")
            defer { Self.waitAsUsual(database) }
            do {
                try database.checkpoint(.truncate)
                return true
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                return false
            }
        }
    }

    private static func waitAsUsual(_ database: Database) {
        do {
            try database.execute(sql: "PRAGMA busy_timeout = \(busySeconds * 1_000)")
        } catch {
            // It reads and writes nothing; what is wrong with the connection shows with the next statement.
            assertionFailure("\(error)")
        }
    }

    private var logSize: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    private func translating<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }
}
