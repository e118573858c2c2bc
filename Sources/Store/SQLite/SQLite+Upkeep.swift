import Foundation
import GRDB

extension SQLiteBackend {
    /// The size to which the write-ahead log is cut back, in bytes.
    static let logLimit = 8 << 20
    /// The free pages that are kept for later writes.
    private static let keptPages = 256
    /// The pages that are freed in one transaction: writers wait a few milliseconds for it.
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
            // The settings of the new file were set when the connection was opened.
            try await pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
            _ = try await shortenLog()
        }
    }

    func close() async throws {
        try await translating {
            try await pool.writeWithoutTransaction { database in _ = try database.checkpoint(.truncate) }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                // Blocks until open reads have ended.
                DispatchQueue.global().async { continuation.resume(with: Result { try pool.close() }) }
            }
        }
    }

    // MARK: - Parts

    private func freePages() async throws -> Int {
        try await pool.read { database in
            // Pages can be freed only in incremental mode.
            guard try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") == 2 else { return 0 }
            return try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        }
    }

    /// - Returns: whether more free pages than ``keptPages`` remain.
    private func giveBackSome() async throws -> Bool {
        try await pool.write { database in
            // Each result row frees a page.
            let pages = try GRDB.Row.fetchCursor(database, sql: "PRAGMA incremental_vacuum(\(Self.step))")
            while try pages.next() != nil {}
            return try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0 > Self.keptPages
        }
    }

    /// Writes the log into the database and empties it. While another program reads an older state, it is left for the next time.
    private func shortenLog() async throws -> Bool {
        try await pool.writeWithoutTransaction { database in
            let log = try database.checkpoint(.passive)
            guard log.walFrameCount == log.checkpointedFrameCount else { return false }
            // Writers wait for this, so it must not wait long itself.
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
            // The pragma reads and writes nothing; a broken connection shows with the next statement.
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
