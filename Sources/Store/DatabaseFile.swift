import Foundation
import GRDB

/// A SQLite database as a file: looked at and copied, never changed. Somebody else may be using it.
public struct DatabaseFile: Sendable {
    public let path: String

    /// Names a file.
    public init(_ path: String) {
        self.path = path
    }

    /// What stands there.
    public enum Condition: Sendable, Hashable {
        case missing
        /// A file without a table in it.
        case empty
        /// A database of something else: it has tables, and not that of the migrations.
        case foreign
        /// Something that is no database, or one that is damaged; with what SQLite says.
        case damaged(String)
        /// A database in which nothing wrong was found.
        ///
        /// - isWhole: whether all of it was looked at in the time that there was.
        case sound(isWhole: Bool)
    }

    /// How a database is looked at.
    public enum Thoroughness: Sendable {
        /// Every page, for as long as that.
        case pages(atMost: Duration)
        /// Every page, row and index.
        case everything
    }

    /// Numbers about a database.
    public struct Facts: Sendable, Hashable {
        /// The file's size, in bytes.
        public var size: Int
        /// How much of it is free, in bytes.
        public var free: Int
        /// The write-ahead log's size, in bytes.
        public var log: Int
        /// Rows that refer to one that is not there.
        public var brokenReferences: Int
    }

    /// Looks for damage.
    public func condition(_ thoroughness: Thoroughness) async -> Condition {
        guard FileManager.default.fileExists(atPath: path) else { return .missing }
        // Opened, SQLite would remove the log beside it, which may be all that is left.
        if size() == 0, !isFolder { return .empty }
        do {
            let queue = try open()
            let tables = try await queue.read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master") }
            guard !tables.isEmpty else { return .empty }
            guard tables.contains("migrations") else { return .foreign }
            switch thoroughness {
            case .everything:
                let lines = try await queue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check(5)") }
                return lines == ["ok"] ? .sound(isWhole: true) : .damaged(lines.joined(separator: "; "))
            case .pages(let limit): return try await quickCheck(queue, limit)
            }
        } catch let error as DatabaseError {
            return .damaged(error.message ?? "\(error.resultCode)")
        } catch {
            return .damaged("\(error)")
        }
    }

    private func quickCheck(_ queue: DatabaseQueue, _ limit: Duration) async throws -> Condition {
        let timer = Task {
            try await Task.sleep(for: limit)
            // What has not begun yet is not interrupted, so it is said again.
            while true {
                queue.interrupt()
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        defer { timer.cancel() }
        do {
            let lines = try await queue.read { try String.fetchAll($0, sql: "PRAGMA quick_check(5)") }
            return lines == ["ok"] ? .sound(isWhole: true) : .damaged(lines.joined(separator: "; "))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
            return .sound(isWhole: false)
        }
    }

    /// Counts.
    ///
    /// - Throws: ``StoreError``.
    public func facts() async throws -> Facts {
        try await translating {
            let free = try await open().read { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
                return pages * (try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0)
            }
            let broken = try await open().read { try GRDB.Row.fetchAll($0, sql: "PRAGMA foreign_key_check").count }
            return Facts(size: size(), free: free, log: size("-wal"), brokenReferences: broken)
        }
    }

    /// Copies the state of this moment into a new file, while others go on writing.
    ///
    /// - Throws: ``StoreError``; with code ``StoreError/Code/full`` where the disk is.
    public func copy(to target: String) async throws {
        try await translating {
            try await open().writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [target]) }
        }
    }

    // MARK: - Parts

    private var isFolder: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private func open() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// The size of the database, or of what SQLite keeps beside it under the same name with an ending.
    private func size(_ ending: String = "") -> Int {
        let file = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false) + ending
        return ((try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? NSNumber)?.intValue ?? 0
    }

    private func translating<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }
}
