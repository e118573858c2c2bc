import Foundation
import GRDB
import Wording

/// A SQLite database file for checks and copies; never changed. Other programs may be using it.
public struct DatabaseFile: Sendable {
    /// The file's path.
    public let path: String

    /// Creates a reference to a file.
    public init(_ path: String) {
        self.path = path
    }

    /// The condition of the file.
    public enum Condition: Sendable, Hashable {
        /// There is no file.
        case missing
        /// A file without tables.
        case empty
        /// A database of another program: it has tables, but no `migrations`.
        case foreign
        /// Not a database, or a damaged one; with SQLite's message.
        case damaged(String)
        /// A database that this user can't read, or whose folder they can't write.
        case denied
        /// The disk has no space for the files that reading needs.
        case diskFull
        /// A database without visible damage.
        ///
        /// - isWhole: whether all of it was checked within the time limit.
        case sound(isWhole: Bool)
    }

    /// How thoroughly a database is checked.
    public enum Thoroughness: Sendable {
        /// Every page, until the time limit.
        case pages(atMost: Duration)
        /// Every page, row and index.
        case everything
    }

    /// Sizes and counts of a database.
    public struct Facts: Sendable, Hashable {
        /// The file's size, in bytes.
        public var size: Int
        /// The free space in the file, in bytes.
        public var free: Int
        /// The write-ahead log's size, in bytes.
        public var log: Int
        /// The number of rows with a broken foreign key.
        public var brokenReferences: Int
    }

    /// Checks the file for damage.
    public func condition(_ thoroughness: Thoroughness) async -> Condition {
        guard FileManager.default.fileExists(atPath: path) else { return .missing }
        // Opening an empty file would make SQLite delete the log beside it, which may be all that is left.
        if size() == 0, !isFolder { return .empty }
        if access(path, R_OK) != 0 { return .denied }
        do {
            let queue = try open()
            let tables = try await queue.read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master") }
            guard !tables.isEmpty else { return .empty }
            guard tables.contains("migrations") else { return .foreign }
            switch thoroughness {
            case .everything:
                let lines = try await queue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check(\(Self.most))") }
                return lines == ["ok"] ? .sound(isWhole: true) : .damaged(Self.faults(lines.count))
            case .pages(let limit): return try await quickCheck(queue, limit)
            }
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL: return .diskFull
            // Reading needs an index of the log, which SQLite creates beside the file.
            case .SQLITE_CANTOPEN where !isFolder && !canWriteBeside: return .denied
            case .SQLITE_READONLY where !canWriteBeside: return .denied
            case .SQLITE_NOTADB: return .damaged("it has not the form of a database")
            case .SQLITE_CANTOPEN: return .damaged("it can't be opened")
            case .SQLITE_IOERR: return .damaged("the disk did not give all of it")
            default: return .damaged("its contents can't be read")
            }
        } catch {
            return .damaged(reason(of: error))
        }
    }

    private func quickCheck(_ queue: DatabaseQueue, _ limit: Duration) async throws -> Condition {
        let timer = Task {
            try await Task.sleep(for: limit)
            // An interrupt does not affect a statement that has not begun, so it is repeated.
            while true {
                queue.interrupt()
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        defer { timer.cancel() }
        do {
            let lines = try await queue.read { try String.fetchAll($0, sql: "PRAGMA quick_check(\(Self.most))") }
            return lines == ["ok"] ? .sound(isWhole: true) : .damaged(Self.faults(lines.count))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
            return .sound(isWhole: false)
        }
    }

    /// Reads sizes and counts.
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

    /// Copies the current state into a new file while others may write.
    ///
    /// - Throws: ``StoreError``, with code ``StoreError/Code/full`` if the disk is full.
    public func copy(to target: String) async throws {
        try await translating {
            try await open().writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [target]) }
        }
    }

    // MARK: - Parts

    /// The most faults that a check looks for.
    private static let most = 5

    private static func faults(_ count: Int) -> String {
        "a check of its pages found \(count < most ? count.of("fault") : "\(most) faults or more")"
    }

    private var canWriteBeside: Bool {
        let file = URL(filePath: path).resolvingSymlinksInPath()
        return access(file.deletingLastPathComponent().path(percentEncoded: false), W_OK | X_OK) == 0
            && ["-wal", "-shm"].allSatisfy { ending in
                access(file.path(percentEncoded: false) + ending, W_OK) == 0 || errno == ENOENT
            }
    }

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

    /// The size in bytes of the database, or of SQLite's file beside it with this suffix; 0 if it is missing.
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
