import Foundation
import Store
import Synchronization
import Testing
import Wording

@Suite("The store")
struct StoreTests {
    private let things = Migration("things", 1, "things", ["CREATE TABLE things (id TEXT PRIMARY KEY, n BIGINT, note TEXT)"])

    @Test("Values come back as they went in, of every kind", arguments: Database.allCases)
    func values(_ database: Database) async throws {
        try await database.with { store, _ in
            let kinds = Migration(
                "kinds", 1, "kinds",
                ["CREATE TABLE kinds (words TEXT, number BIGINT, fraction DOUBLE PRECISION, missing TEXT, bytes BLOB, flag BIGINT)"])
            try await store.migrate([kinds], now: 0)
            let row = try await store.write { transaction in
                try transaction.first(
                    """
                    INSERT INTO kinds (words, number, fraction, missing, bytes, flag) VALUES ($1, $2, $3, $4, $5, $6)
                    RETURNING words AS text, number, fraction AS real, missing, bytes, flag
                    """,
                    "ü'\"; DROP", -7, 0.5, String?.none, [UInt8]([0, 255]), true)
            }
            let found = try #require(row)
            #expect(try found.text("text") == "ü'\"; DROP")
            #expect(try found.integer("number") == -7)
            #expect(try found.value("real") == .real(0.5))
            #expect(try found.optionalText("missing") == nil)
            #expect(try found.value("bytes") == .blob([0, 255]))
            #expect(try found.flag("flag"))
        }
    }

    @Test("A change of a table is told to who follows it, and a change of another is not", .timeLimit(.minutes(1)))
    func changes() async throws {
        try await Database.sqlite.with { store, _ in
            let more = Migration("things", 2, "more", ["CREATE TABLE others (id TEXT PRIMARY KEY)"])
            try await store.migrate([things, more], now: 0)
            var ticks = store.changes(of: ["things"]).makeAsyncIterator()
            var otherTicks = store.changes(of: ["others"]).makeAsyncIterator()
            _ = try await store.write { try $0.execute("INSERT INTO things (id) VALUES ('a')") }
            #expect(await ticks.next() != nil)
            // A read, a write that changes nothing and one that is taken back tell nothing; what follows them does.
            struct TakenBack: Error {}
            _ = try await store.read { try $0.query("SELECT * FROM others") }
            _ = try await store.write { try $0.execute("DELETE FROM others") }
            await #expect(throws: TakenBack.self) {
                try await store.write { transaction in
                    try transaction.execute("INSERT INTO others (id) VALUES ('a')")
                    throw TakenBack()
                }
            }
            let told = Told()
            async let first: Void? = otherTicks.next()
            _ = try await store.write { transaction in
                told.set()
                return try transaction.execute("INSERT INTO others (id) VALUES ('a')")
            }
            #expect(await first != nil)
            #expect(told.isSet)
        }
    }

    private final class Told: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    @Test("Parameters go by number, not by the order in which they appear", arguments: Database.allCases)
    func parameterNumbers(_ database: Database) async throws {
        try await database.with { store, _ in
            let row = try await store.read { try $0.first("SELECT $2 AS second, $1 AS first, $2 AS again", "one", "two") }
            #expect(try row?.text("first") == "one")
            #expect(try row?.text("second") == "two")
            #expect(try row?.text("again") == "two")
        }
    }

    @Test("A write that throws leaves nothing behind; the same write without the error stays", arguments: Database.allCases)
    func rollback(_ database: Database) async throws {
        struct Stop: Error {}
        try await database.with { store, _ in
            try await store.migrate([things], now: 1)
            await #expect(throws: Stop.self) {
                try await store.write { transaction in
                    try transaction.execute("INSERT INTO things (id) VALUES ($1)", "a")
                    throw Stop()
                }
            }
            #expect(try await store.read { try $0.query("SELECT id FROM things") }.isEmpty)
            try await store.write { _ = try $0.execute("INSERT INTO things (id) VALUES ($1)", "a") }
            #expect(try await store.read { try $0.query("SELECT id FROM things") }.count == 1)
        }
    }

    @Test("A constraint that refuses is told apart from other errors, without the values", arguments: Database.allCases)
    func constraint(_ database: Database) async throws {
        try await database.with { store, _ in
            try await store.migrate([things], now: 1)
            let insert: @Sendable () async throws -> Void = {
                try await store.write { _ = try $0.execute("INSERT INTO things (id) VALUES ($1)", "secret-value") }
            }
            try await insert()
            let error = await #expect(throws: StoreError.self) { try await insert() }
            #expect(error?.code == .constraint)
            #expect(error?.description.contains("secret-value") == false)
        }
    }

    @Test("A column that is not there, or of another type, is an error of that row", arguments: Database.allCases)
    func unexpectedValues(_ database: Database) async throws {
        try await database.with { store, _ in
            let row = try #require(try await store.read { try $0.first("SELECT 'x' AS text") })
            #expect(throws: StoreError.self) { try row.integer("text") }
            #expect(throws: StoreError.self) { try row.text("missing") }
        }
    }

    @Test("Migrations run once, in order, and one that fails changes nothing", arguments: Database.allCases)
    func migrations(_ database: Database) async throws {
        try await database.with { store, open in
            let first = try await store.migrate([things], now: 1)
            #expect(first.count == 1)
            let again = try await store.migrate([things], now: 2)
            #expect(again.isEmpty)
            let second = Migration("things", 2, "a column", ["ALTER TABLE things ADD COLUMN more TEXT"])
            let broken = Migration("things", 3, "broken", ["CREATE TABLE other (id TEXT)", "THIS IS NO SQL"])
            await #expect(throws: StoreError.self) { try await store.migrate([things, second, broken], now: 3) }
            let mended = try await store.migrate([things, second], now: 4)
            #expect(mended.map(\.number) == [2], "The second was rolled back with the third")

            // A second process on the same file finds nothing to do.
            let other = try await open().migrate([things, second], now: 5)
            #expect(other.isEmpty)
        }
    }

    @Test("A database of a newer program is refused and left alone", arguments: Database.allCases)
    func newerSchema(_ database: Database) async throws {
        try await database.with { store, _ in
            try await store.migrate([things, Migration("things", 2, "later", [])], now: 1)
            let error = await #expect(throws: StoreError.self) { try await store.migrate([things], now: 2) }
            #expect(error?.code == .schemaTooNew)
        }
    }

    @Test("Two connections that count up at the same time lose no step", arguments: Database.allCases)
    func twoWriters(_ database: Database) async throws {
        try await database.with { store, open in
            try await store.migrate([things], now: 1)
            try await store.write { _ = try $0.execute("INSERT INTO things (id, n) VALUES ('count', 0)") }
            let other = try await open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    let store = number.isMultiple(of: 2) ? store : other
                    group.addTask {
                        try await store.write { transaction in
                            let n = try transaction.first("SELECT n FROM things WHERE id = 'count'")?.integer("n") ?? 0
                            try transaction.execute("UPDATE things SET n = $1 WHERE id = 'count'", n + 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.read { try $0.first("SELECT n FROM things") }?.integer("n") == 100)
        }
    }

    @Test("A file that is no database is refused with its kind of error")
    func noDatabase() async throws {
        let path = NSTemporaryDirectory() + "no-database-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 7, count: 8_192).write(to: URL(filePath: path))
        let error = await #expect(throws: StoreError.self) {
            try await Store.sqlite(at: path).migrate([things], now: 1)
        }
        #expect(error?.code == .corrupt)
    }
}
