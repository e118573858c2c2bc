import Foundation
import Synchronization
import Testing
import Wording

@testable import Store

@Suite("PostgreSQL", .timeLimit(.minutes(3)))
struct PostgresTests {
    private static let things = Migration(
        "things", 1, "things", ["CREATE TABLE things (id TEXT PRIMARY KEY, n BIGINT NOT NULL, note TEXT)"])

    private static func with<Result>(_ body: (Store, _ url: String) async throws -> Result) async throws -> Result {
        let url = try await PostgresServer.shared.value.database()
        let store = Database.patient(url)
        do {
            try await store.migrate([things], now: 1)
            let result = try await body(store, url)
            try await store.close()
            return result
        } catch {
            try await store.close()
            throw error
        }
    }

    private static func insert(_ id: String, into store: Store) async throws {
        _ = try await store.write { try $0.execute("INSERT INTO things (id, n) VALUES ($1, 0)", id) }
    }

    private static func count(_ store: Store, _ id: String = "count") async throws -> Int? {
        try await store.read { try $0.first("SELECT n FROM things WHERE id = $1", id)?.integer("n") }
    }

    // MARK: - Values

    @Test("A text with U+0000 is refused before it is sent, and one without is stored whole")
    func nul() async throws {
        try await Self.with { store, _ in
            for text in ["\0", "ab\0cd", "\0ü"] {
                let error = await #expect(throws: StoreError.self) { try await Self.insert(text, into: store) }
                #expect(error?.code == .unexpectedValue && error?.message.contains("U+0000") == true)
            }
            try await Self.insert("ab\u{1}cd\u{10FFFF}", into: store)
            #expect(try await store.read { try $0.query("SELECT id FROM things").map { try $0.text("id") } } == ["ab\u{1}cd\u{10FFFF}"])
        }
    }

    @Test("Sums, counts, truth values and small numbers are whole numbers, as from SQLite", arguments: Database.allCases)
    func numbers(_ database: Database) async throws {
        try await database.with { store, _ in
            try await store.migrate([Self.things], now: 1)
            let row = try await store.write { transaction in
                try transaction.execute("INSERT INTO things (id, n) VALUES ('a', $1), ('b', $2)", Int64.max - 10, 5)
                return try transaction.first(
                    "SELECT SUM(n) AS sum, COUNT(*) AS count, 1 AS one, MAX(n) AS most, NULL AS absent FROM things")
            }
            let found = try #require(row)
            #expect(try found.integer("sum") == Int.max - 5)
            #expect(try found.integer("count") == 2 && found.integer("one") == 1 && found.integer("most") == Int.max - 10)
            #expect(try found.optionalInteger("absent") == nil)
        }
    }

    @Test("Lists are in the order of bytes in both databases", arguments: Database.allCases)
    func order(_ database: Database) async throws {
        try await database.with { store, _ in
            try await store.migrate([Self.things], now: 1)
            let names = ["b", "B", "a", "é", "-", "_", "Z", "10", "9", "\u{10FFFF}", "ab", "a b"]
            for name in names { try await Self.insert(name, into: store) }
            let listed = try await store.read { try $0.query("SELECT id FROM things ORDER BY id").map { try $0.text("id") } }
            #expect(listed == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        }
    }

    @Test("An error never quotes a value, whatever its kind")
    func quoting() async throws {
        try await Self.with { store, _ in
            let statements = [
                "INSERT INTO things (id, n) VALUES ('x', $1)", "SELECT CAST($1 AS BIGINT)", "SELECT * FROM things WHERE n = $1",
            ]
            for sql in statements {
                let error = await #expect(throws: StoreError.self) { try await store.write { _ = try $0.execute(sql, "secret-value") } }
                #expect(error?.description.contains("SQLSTATE") == false)
                #expect(error?.logText.contains("secret-value") == false, "\(String(describing: error?.logText))")
                #expect(error?.logText.contains("SQLSTATE 22P02") == true)
            }
        }
    }

    // MARK: - Transactions

    @Test("A write without keys is alone: a hundred that read and then write lose nothing, over connections and processes")
    func alone() async throws {
        try await Self.with { store, url in
            try await Self.insert("count", into: store)
            let other = Database.patient(url)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    let store = number.isMultiple(of: 3) ? other : store
                    group.addTask {
                        try await store.write { transaction in
                            let n = try transaction.first("SELECT n FROM things WHERE id = 'count'")?.integer("n") ?? 0
                            try transaction.execute("UPDATE things SET n = $1 WHERE id = 'count'", n + 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await Self.count(store) == 100)
            try await other.close()
        }
    }

    @Test("Writes with different keys run side by side; one with the same key, and one without keys, wait")
    func keys() async throws {
        try await Self.with { store, _ in
            let meeting = Meeting()
            // Each waits inside its transaction for the other.
            async let one: Void = store.write(locking: LockKey("session", "a")) { _ in meeting.meet() }
            async let two: Void = store.write(locking: LockKey("session", "b")) { _ in meeting.meet() }
            _ = try await (one, two)
            let crowd = Crowd()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        if number.isMultiple(of: 2) {
                            try await store.write { _ in crowd.enter() }
                        } else {
                            try await store.write(locking: LockKey("session", "a"), LockKey("budget", "\(number)")) { _ in crowd.enter() }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(crowd.most == 1)
        }
    }

    /// Counts how many are inside at once.
    private final class Crowd: Sendable {
        private let now = Atomic(0)
        private let highest = Atomic(0)
        var most: Int { highest.load(ordering: .relaxed) }

        func enter() {
            highest.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
            usleep(2_000)
            now.subtract(1, ordering: .relaxed)
        }
    }

    /// Two who wait for each other.
    private final class Meeting: Sendable {
        private let came = DispatchSemaphore(value: 0)
        private let first = Atomic(true)
        func meet() {
            if first.exchange(false, ordering: .relaxed) { came.wait() } else { came.signal() }
        }
    }

    @Test("Locks are taken in one order, whatever order the keys are named in")
    func lockOrder() {
        let keys = (0..<5).map { LockKey("session", "s_\($0)") }
        let all = PostgresBackend.locks(keys)
        #expect(all.count == 6 && all[0].contains("_shared(0)"))
        #expect(PostgresBackend.locks(keys.reversed()) == all)
        #expect(PostgresBackend.locks(keys + keys) == all)
        #expect(PostgresBackend.locks([]) == ["SELECT pg_advisory_xact_lock(0)"])
        #expect(LockKey("session", "a") == LockKey("session", "a") && LockKey("session", "a") != LockKey("credential", "a"))
    }

    @Test("What is done about a failure depends on what it is and how far the transaction had come")
    func decisions() {
        let table: [(String?, PostgresPhase, attempt: Int, isReading: Bool, PostgresFailure.Next)] = [
            ("40001", .running, 1, false, .again), ("40P01", .running, 4, false, .again), ("40P01", .running, 5, false, .fail),
            ("55P03", .beginning, 1, false, .again), ("0A000", .running, 1, false, .again), ("40001", .committing, 1, false, .again),
            ("57P01", .running, 1, false, .again), ("08006", .beginning, 1, false, .again), (nil, .running, 5, false, .fail),
            (nil, .committing, 1, false, .unknownOutcome), ("57P01", .committing, 1, false, .unknownOutcome),
            (nil, .committing, 1, true, .again), ("23505", .running, 1, false, .fail), ("23503", .committing, 1, false, .fail),
            ("42601", .running, 1, false, .fail), ("53100", .running, 1, false, .fail), ("25006", .running, 1, false, .fail),
        ]
        for (state, phase, attempt, isReading, next) in table {
            let found = PostgresFailure(state: state).next(phase, attempt: attempt, isReading: isReading)
            #expect(found == next, "\(state ?? "none") \(phase) \(attempt)")
        }
    }

    @Test("A statement that failed takes the whole transaction back, also when the closure continues")
    func swallowed() async throws {
        try await Self.with { store, _ in
            await #expect(throws: StoreError.self) {
                try await store.write { transaction in
                    try transaction.execute("INSERT INTO things (id, n) VALUES ('first', 1)")
                    do { try transaction.execute("INSERT INTO things (id, n) VALUES ('first', 1)") } catch {}
                }
            }
            #expect(try await Self.count(store, "first") == nil)
            try await Self.insert("first", into: store)
            #expect(try await Self.count(store, "first") == 0, "The connection is good")
        }
    }

    @Test("A connection that is killed in a transaction is replaced, and what it did is done once")
    func killed() async throws {
        try await Self.with { store, url in
            try await Self.insert("count", into: store)
            let other = try await Store.postgres(at: url)
            let attempts = Atomic(0)
            try await store.write { transaction in
                let number = attempts.add(1, ordering: .relaxed).newValue
                try transaction.execute("UPDATE things SET n = n + 1 WHERE id = 'count'")
                guard number == 1 else { return }
                let process = try transaction.first("SELECT pg_backend_pid() AS pid")?.integer("pid") ?? 0
                Self.kill(process, url)
                try transaction.execute("UPDATE things SET note = 'never' WHERE id = 'count'")
            }
            #expect(attempts.load(ordering: .relaxed) == 2)
            #expect(try await Self.count(other) == 1)
            #expect(try await other.read { try $0.first("SELECT note FROM things")?.optionalText("note") } == nil)
            try await other.close()
        }
    }

    /// Ends a backend from another connection, and waits until it is gone. Called on a lane's thread.
    private static func kill(_ process: Int, _ url: String) {
        do {
            let connection = try PostgresConnection(url)
            _ = try connection.query("SELECT pg_terminate_backend(CAST($1 AS INTEGER))", [.integer(Int64(process))])
            while try !connection.query("SELECT 1 FROM pg_stat_activity WHERE pid = CAST($1 AS INTEGER)", [.integer(Int64(process))]).rows
                .isEmpty
            { usleep(1_000) }
        } catch {
            Issue.record(error)
        }
    }

    @Test("A column that another process adds does not break statements that were prepared before")
    func plans() async throws {
        try await Self.with { store, url in
            try await Self.insert("a", into: store)
            for _ in 0..<20 { _ = try await store.read { try $0.query("SELECT * FROM things") } }
            let other = try await Store.postgres(at: url)
            _ = try await other.write { try $0.execute("ALTER TABLE things ADD COLUMN more TEXT") }
            for _ in 0..<20 {
                let row = try await store.read { try $0.first("SELECT * FROM things") }
                #expect(try row?.optionalText("more") == nil)
            }
            try await other.close()
        }
    }

    @Test("Four empty starts at once make the tables once")
    func starts() async throws {
        let url = try await PostgresServer.shared.value.database()
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let store = try await Store.postgres(at: url)
                    let count = try await store.migrate([Self.things], now: 1).count
                    try await store.close()
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(applied == 1)
    }

    // MARK: - Fitness

    @Test("A server that is not there is said, without the password")
    func away() async throws {
        let backend = PostgresBackend("postgresql://sam:very-secret@127.0.0.1:9/sam", connectTimeout: .zero)
        let error = await #expect(throws: StoreError.self) { try await backend.check() }
        #expect(error?.code == .away && error?.cause?.contains("127.0.0.1") == true)
        #expect(error?.message.contains("SAM_DATABASE_URL") == true && error?.message.contains("127.0.0.1") == false)
        #expect(error?.logText.contains("very-secret") == false)
        try await backend.close()
    }

    @Test("A database with another order or encoding is refused with the remedy", arguments: ["en", "latin1"])
    func unfit(_ kind: String) async throws {
        let options =
            kind == "en"
            ? "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'"
            : "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
        let url = try await PostgresServer.shared.value.database(options)
        let error = await #expect(throws: StoreError.self) { _ = try await Store.postgres(at: url) }
        #expect(error?.message.contains("CREATE DATABASE sam") == true, "\(String(describing: error))")
    }

    @Test(
        "What a database must be like",
        arguments: [
            (150_000, "UTF8", true, false, true), (130_000, "UTF8", true, false, true), (120_004, "UTF8", true, false, false),
            (150_000, "SQL_ASCII", true, false, false), (150_000, "UTF8", false, false, false),
            (160_001, "UTF8", true, true, false),
        ])
    func fitness(version: Int, encoding: String, sortsByBytes: Bool, isStandby: Bool, isFit: Bool) {
        let complaint = PostgresFitness.complaint(version: version, encoding: encoding, sortsByBytes: sortsByBytes, isStandby: isStandby)
        #expect((complaint == nil) == isFit)
    }

    // MARK: - Changes

    @Test("A change of a table is told in this process and in another, and what was rolled back is not")
    func changes() async throws {
        try await Self.with { store, url in
            let quiet = PostgresBackend(url, silence: .seconds(600))
            let other = Store(backend: quiet, unreadable: UnreadableRows())
            var ticks = other.changes(of: ["things"]).makeAsyncIterator()
            var own = store.changes(of: ["things"]).makeAsyncIterator()
            // The first tick says that it listens now.
            #expect(await ticks.next() != nil)
            try await Self.insert("a", into: store)
            #expect(await ticks.next() != nil)
            #expect(await own.next() != nil)
            try await other.close()
        }
    }

    @Test(
        "Which table a statement changes is read from its first words",
        arguments: [
            ("INSERT INTO things (id) VALUES ($1)", "things"), ("\n    insert into  Things\n(id) VALUES ($1)", "things"),
            ("UPDATE things SET n = 1", "things"), ("DELETE FROM things WHERE id IN (SELECT id FROM others)", "things"),
            ("INSERT INTO things(id) VALUES (1)", "things"), ("SELECT * FROM things", nil), ("", nil), ("DELETE", nil),
        ] as [(String, String?)])
    func tables(sql: String, table: String?) {
        #expect(ChangedTable.read(sql) == table)
    }
}
