import Foundation
import Store
import Testing
import Wording

@Suite("What keeps a database from being used")
struct ObstacleTests {
    private func withStore(_ body: (Store) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "obstacle-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try Store.sqlite(at: folder + "/sam.db")
        let things = Migration("sessions", 1, "things", ["CREATE TABLE things (id TEXT PRIMARY KEY, note TEXT)"])
        try await store.migrate([things], now: 1)
        try await body(store)
    }

    @Test(
        "A full disk is told in plain words, and the store can't be written until a write succeeds",
        arguments: [
            ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823", StoreError.Code.full, "full")
        ])
    func writing(_ obstacle: String, _ end: String, _ code: StoreError.Code, _ word: String) async throws {
        try await withStore { store in
            #expect(store.writing.failure == nil)
            _ = try await store.write { try $0.query(obstacle) }
            let error = await #expect(throws: StoreError.self) {
                try await store.write { transaction in
                    for id in 0..<100 {
                        try transaction.execute(
                            "INSERT INTO things VALUES ($1, $2)", "\(id)", String(repeating: "x", count: 4_000))
                    }
                }
            }
            #expect(error?.code == code && error?.message.contains(word) == true, "\(error.debugDescription)")
            for text in ["SQLite", "INSERT", "PRAGMA", "restore"] { #expect(error?.message.contains(text) == false) }
            #expect(store.writing.failure?.code == code)
            _ = try await store.read { try $0.query("SELECT 1 AS one") }
            #expect(store.writing.failure != nil, "Reading proves nothing")
            _ = try await store.write { try $0.query(end) }
            try await store.tryWriting()
            #expect(store.writing.failure == nil)
        }
    }

    @Test(
        "What a statement fails with is a sentence for people, and the database's words are for the log alone",
        arguments: [
            ("INSERT INTO things VALUES ('a', 'b'), ('a', 'c')", StoreError.Code.constraint, "does not go together", "UNIQUE"),
            ("SELECT no FROM things", .other, "refused a statement", "no such column"),
            ("NOT SQL", .other, "refused a statement", "syntax"),
            ("INSERT INTO nowhere VALUES (1)", .other, "refused a statement", "no such table"),
        ])
    func words(_ statement: String, _ code: StoreError.Code, _ sentence: String, _ detail: String) async throws {
        try await withStore { store in
            for error in [
                await #expect(throws: StoreError.self) { _ = try await store.write { try $0.query(statement) } },
                statement.hasPrefix("SELECT")
                    ? await #expect(throws: StoreError.self) { _ = try await store.read { try $0.query(statement) } } : nil,
            ].compactMap({ $0 }) {
                #expect(error.code == code && error.message.contains(sentence))
                #expect(error.cause?.contains(detail) == true && logWords(of: error).contains(detail), "\(error.logText)")
                for shown in [error.message, "\(error)", reason(of: error)] {
                    for word in ["SQLite", "UNIQUE", "things", "syntax", "no such"] { #expect(!shown.contains(word), "\(shown)") }
                }
            }
        }
    }

    @Test("A write that fails by its own fault does not make the store unwritable")
    func ownFault() async throws {
        try await withStore { store in
            await #expect(throws: StoreError.self) {
                try await store.write { transaction in
                    for _ in 0..<2 { try transaction.execute("INSERT INTO things VALUES ('a', 'b')") }
                }
            }
            #expect(store.writing.failure == nil)
        }
    }

    @Test(
        "A database that this user can't read is not taken for a damaged one",
        .enabled(if: geteuid() != 0, "root reads everything"), arguments: [0o000, 0o200])
    func denied(_ mode: Int) async throws {
        let path = NSTemporaryDirectory() + "denied-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 7, count: 8_192).write(to: URL(filePath: path))
        #expect(await DatabaseFile(path).condition(.everything) != .denied)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(await DatabaseFile(path).condition(.everything) == .denied)
    }

    @Test("A text with U+0000 is refused and not cut, wherever it is bound", arguments: ["lee\0", "\0", "a\0b", "\u{e9}\0"])
    func nul(_ text: String) async throws {
        try await withStore { store in
            _ = try await store.write { try $0.execute("INSERT INTO things VALUES ('lee', 'a')") }
            let written = await #expect(throws: StoreError.self) {
                _ = try await store.write { try $0.execute("INSERT INTO things VALUES ($1, 'x')", text) }
            }
            #expect(written?.code == .unstorable && written?.message == "A text holds the character U+0000, which can't be stored.")
            await #expect(throws: StoreError.self) {
                _ = try await store.write { try $0.execute("UPDATE things SET note = $1 WHERE id = 'lee'", text) }
            }
            await #expect(throws: StoreError.self) {
                _ = try await store.read { try $0.query("SELECT id FROM things WHERE id = $1", text) }
            }
            #expect(try await store.read { try $0.query("SELECT note FROM things").map { try $0.text("note") } } == ["a"])
            #expect(store.writing.failure == nil)
        }
    }

    @Test("Beside it other control characters and bytes that are zero are kept as they are")
    func others() async throws {
        try await withStore { store in
            let text = "a\u{1}\n\u{7f}\\u0000\u{2400}"
            _ = try await store.write { try $0.execute("INSERT INTO things VALUES ('t', $1), ('b', $2)", text, [UInt8]([0, 1, 0])) }
            #expect(try await store.read { try $0.first("SELECT note FROM things WHERE id = 't'")?.text("note") } == text)
            #expect(try await store.read { try $0.first("SELECT note FROM things WHERE id = 'b'")?.value("note") } == .blob([0, 1, 0]))
        }
    }
}
