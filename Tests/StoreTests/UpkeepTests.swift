import Foundation
import Store
import Testing

@Suite("A database's upkeep")
struct UpkeepTests {
    private func withPath(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "upkeep-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder + "/a.db")
    }

    private func size(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.intValue ?? 0
    }

    private func fill(_ store: Store, rows: Int, from first: Int = 0) async throws {
        try await store.write { transaction in
            try transaction.execute("CREATE TABLE IF NOT EXISTS things (id BIGINT PRIMARY KEY, note TEXT)")
            for id in first..<first + rows {
                try transaction.execute("INSERT INTO things VALUES ($1, $2)", id, String(repeating: "x", count: 4_000))
            }
        }
    }

    @Test("The room of removed rows is given back, and what was kept is there; a file with little free is left as it is")
    func shrinks() async throws {
        try await withPath { path in
            let store = try Store.sqlite(at: path)
            try await fill(store, rows: 5_000)
            try await store.tidy()
            try await store.write { _ = try $0.execute("DELETE FROM things WHERE id >= 10") }
            try await store.tidy()
            #expect(size(path) < 2_000_000, "\(size(path))")
            #expect(size(path + "-wal") < 1_000_000, "\(size(path + "-wal"))")
            #expect(try await store.read { try $0.query("SELECT id FROM things") }.count == 10)
            try await fill(store, rows: 100, from: 100)
            try await store.write { _ = try $0.execute("DELETE FROM things WHERE id >= 100") }
            try await store.close()
            let before = size(path)
            let again = try Store.sqlite(at: path)
            try await again.tidy()
            try await again.close()
            #expect(size(path) == before, "What is free is written to next")
        }
    }

    @Test("Others write while room is given back")
    func writersContinue() async throws {
        try await withPath { path in
            let store = try Store.sqlite(at: path)
            try await store.migrate([], now: 1)
            try await fill(store, rows: 10_000)
            try await store.write { _ = try $0.execute("DELETE FROM things") }
            async let tidied: Void = store.tidy()
            for id in 0..<50 { try await store.write { _ = try $0.execute("INSERT INTO things VALUES ($1, 'new')", id) } }
            try await tidied
            #expect(try await store.read { try $0.query("SELECT id FROM things") }.count == 50)
            #expect(await DatabaseFile(path).condition(.everything) == .sound(isWhole: true))
        }
    }

    @Test("A database of an earlier SAM frees no space before it is rewritten, and does afterwards")
    func rewritten() async throws {
        try await withPath { path in
            // As SQLite makes a file by itself.
            let maker = Process()
            maker.executableURL = URL(filePath: "/usr/bin/python3")
            maker.arguments = [
                "-c", "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('CREATE TABLE old (id)'); d.commit()", path,
            ]
            try maker.run()
            maker.waitUntilExit()
            let store = try Store.sqlite(at: path)
            #expect(try await !store.canGiveRoomBack())
            try await fill(store, rows: 3_000)
            try await store.write { _ = try $0.execute("DELETE FROM things WHERE id >= 10") }
            try await store.tidy()
            try await store.rewrite()
            #expect(try await store.canGiveRoomBack())
            #expect(size(path) < 1_000_000, "\(size(path))")
            try await fill(store, rows: 3_000, from: 1_000)
            try await store.write { _ = try $0.execute("DELETE FROM things WHERE id >= 10") }
            try await store.tidy()
            #expect(size(path) < 2_000_000, "\(size(path))")
            #expect(try await store.read { try $0.query("SELECT id FROM things") }.count == 10)
        }
    }

    @Test("The log is short again after a reader has held it for long; meanwhile nothing waits for it")
    func log() async throws {
        try await withPath { path in
            let store = try Store.sqlite(at: path)
            try await fill(store, rows: 10)
            let (reading, started) = AsyncStream.makeStream(of: Void.self)
            let (release, end) = (DispatchSemaphore(value: 0), started)
            let reader = Task {
                try await store.read { transaction in
                    _ = try transaction.query("SELECT COUNT(*) FROM things")
                    end.yield()
                    release.wait()
                }
            }
            for await _ in reading { break }
            try await fill(store, rows: 4_000, from: 100)
            try await store.tidy()
            #expect(size(path + "-wal") > 8 << 20, "Somebody reads an older state")
            try await fill(store, rows: 10, from: 10_000)
            release.signal()
            try await reader.value
            try await store.tidy()
            #expect(size(path + "-wal") <= 8 << 20, "\(size(path + "-wal"))")
        }
    }

    @Test("After it is closed, the file alone is whole, and nothing can be read or written any more")
    func closed() async throws {
        try await withPath { path in
            let store = try Store.sqlite(at: path)
            try await fill(store, rows: 500)
            try await store.close()
            #expect(size(path + "-wal") == 0)
            try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
            let copy = try Store.sqlite(at: path + ".copy")
            #expect(try await copy.read { try $0.query("SELECT id FROM things") }.count == 500)
            await #expect(throws: (any Error).self) { try await store.read { try $0.query("SELECT id FROM things") } }
            await #expect(throws: (any Error).self) { try await store.write { try $0.execute("DELETE FROM things") } }
        }
    }
}
