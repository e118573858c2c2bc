import Foundation
import Store
import Testing

@Suite("A database as a file")
struct DatabaseFileTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "database-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private let things = Migration("things", 1, "things", ["CREATE TABLE things (id BIGINT PRIMARY KEY, note TEXT)"])

    private func fill(_ path: String, rows: Int = 2_000) async throws -> Store {
        let store = try Store.sqlite(at: path)
        try await store.migrate([things], now: 1)
        try await store.write { transaction in
            for id in 0..<rows { try transaction.execute("INSERT INTO things VALUES ($1, $2)", id, String(repeating: "x", count: 400)) }
        }
        return store
    }

    @Test("A sound database is found sound, whole and by its pages, also while it is open")
    func sound() async throws {
        try await withFolder { folder in
            let path = folder + "/a.db"
            let store = try await fill(path)
            #expect(await DatabaseFile(path).condition(.everything) == .sound(isWhole: true))
            #expect(await DatabaseFile(path).condition(.pages(atMost: .seconds(60))) == .sound(isWhole: true))
            try await store.close()
            #expect(await DatabaseFile(path).condition(.everything) == .sound(isWhole: true))
        }
    }

    @Test("What is not there, or holds nothing, is told apart from damage")
    func nothing() async throws {
        try await withFolder { folder in
            #expect(await DatabaseFile(folder + "/a.db").condition(.everything) == .missing)
            #expect(!FileManager.default.fileExists(atPath: folder + "/a.db"), "Looking makes nothing")
            try Data().write(to: URL(filePath: folder + "/b.db"))
            #expect(await DatabaseFile(folder + "/b.db").condition(.everything) == .empty)
            try await Store.sqlite(at: folder + "/c.db").close()
            #expect(await DatabaseFile(folder + "/c.db").condition(.everything) == .empty)
            let other = try Store.sqlite(at: folder + "/d.db")
            _ = try await other.write { try $0.execute("CREATE TABLE songs (name TEXT)") }
            try await other.close()
            #expect(await DatabaseFile(folder + "/d.db").condition(.everything) == .foreign)
        }
    }

    /// What can befall a file.
    enum Damage: String, CaseIterable, CustomTestStringConvertible {
        case text, zeros, tornHeader, cutInTheMiddle, cutShort, onePage, aFolder
        var testDescription: String { rawValue }

        func strike(_ path: String) throws {
            let files = FileManager.default
            var content = try #require(files.contents(atPath: path))
            switch self {
            case .text: content = Data("Dear diary, this is no database.\n".utf8)
            case .zeros: content = Data(count: content.count)
            case .tornHeader: content.replaceSubrange(0..<100, with: Data(repeating: 0xff, count: 100))
            case .cutInTheMiddle: content = content.prefix(content.count / 2 / 4_096 * 4_096)
            case .cutShort: content = content.prefix(1_000)
            case .onePage: content.replaceSubrange(40_960..<45_056, with: Data(repeating: 0x5a, count: 4_096))
            case .aFolder:
                try files.removeItem(atPath: path)
                return try files.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
            try content.write(to: URL(filePath: path))
        }
    }

    @Test("Damage is found by the quick look and by the whole one, and nothing is changed by looking", arguments: Damage.allCases)
    func damage(_ damage: Damage) async throws {
        try await withFolder { folder in
            let path = folder + "/a.db"
            try await fill(path).close()
            try damage.strike(path)
            let before = FileManager.default.contents(atPath: path)
            for way in [DatabaseFile.Thoroughness.pages(atMost: .seconds(60)), .everything] {
                guard case .damaged(let why) = await DatabaseFile(path).condition(way) else {
                    Issue.record("\(await DatabaseFile(path).condition(way))")
                    continue
                }
                #expect(!why.isEmpty)
            }
            #expect(FileManager.default.contents(atPath: path) == before)
        }
    }

    @Test("The log beside an emptied file, which may be all that is left, is not touched")
    func emptiedBesideItsLog() async throws {
        try await withFolder { folder in
            let store = try await fill(folder + "/a.db", rows: 100)
            for name in ["a.db", "a.db-wal"] {
                try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(folder)/copy-\(name)")
            }
            try Data().write(to: URL(filePath: folder + "/copy-a.db"))
            let log = FileManager.default.contents(atPath: folder + "/copy-a.db-wal")
            #expect(log?.isEmpty == false)
            #expect(await DatabaseFile(folder + "/copy-a.db").condition(.everything) == .empty)
            #expect(FileManager.default.contents(atPath: folder + "/copy-a.db-wal") == log)
            try await store.close()
        }
    }

    @Test("A look that has no time ends, and says that it is not whole")
    func bounded() async throws {
        try await withFolder { folder in
            let path = folder + "/a.db"
            try await fill(path, rows: 150_000).close()
            var found: Set<DatabaseFile.Condition> = []
            // Where the machine is busy, a look can be over before its time is.
            for _ in 0..<50 where !found.contains(.sound(isWhole: false)) {
                found.insert(await DatabaseFile(path).condition(.pages(atMost: .zero)))
            }
            #expect(found.contains(.sound(isWhole: false)))
            #expect(found.isSubset(of: [.sound(isWhole: false), .sound(isWhole: true)]))
        }
    }

    @Test("A copy is the state of one moment, while others write")
    func copy() async throws {
        try await withFolder { folder in
            let store = try await fill(folder + "/a.db")
            let writing = Task {
                var id = 10_000
                while !Task.isCancelled {
                    // Two rows in one transaction: a copy with one of them alone is of no moment.
                    let next = id
                    try await store.write { transaction in
                        try transaction.execute("INSERT INTO things VALUES ($1, 'one')", next)
                        try transaction.execute("INSERT INTO things VALUES ($1, 'two')", next + 1)
                    }
                    id += 2
                }
            }
            try await DatabaseFile(folder + "/a.db").copy(to: folder + "/b.db")
            writing.cancel()
            _ = await writing.result
            #expect(await DatabaseFile(folder + "/b.db").condition(.everything) == .sound(isWhole: true))
            let copy = try Store.sqlite(at: folder + "/b.db")
            let counts = try await copy.read { transaction in
                try transaction.query("SELECT note, COUNT(*) AS n FROM things WHERE id >= 10000 GROUP BY note").map { try $0.integer("n") }
            }
            #expect(Set(counts).count <= 1, "\(counts)")
            #expect(try await copy.read { try $0.first("SELECT COUNT(*) AS n FROM things WHERE id < 10000")?.integer("n") } == 2_000)
            #expect(try await copy.canGiveRoomBack())
        }
    }

    @Test("Rows that refer to nothing are counted")
    func references() async throws {
        try await withFolder { folder in
            let path = folder + "/a.db"
            let store = try await fill(path, rows: 1)
            try await store.write { transaction in
                try transaction.execute("CREATE TABLE parts (id BIGINT PRIMARY KEY, thing BIGINT REFERENCES things (id))")
                try transaction.execute("INSERT INTO parts VALUES (1, 0)")
            }
            #expect(try await DatabaseFile(path).facts().brokenReferences == 0)
            let output = Process()
            output.executableURL = URL(filePath: "/usr/bin/python3")
            output.arguments = [
                "-c", "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('DELETE FROM things'); d.commit()", path,
            ]
            try output.run()
            output.waitUntilExit()
            #expect(try await DatabaseFile(path).facts().brokenReferences == 1)
        }
    }
}
