import Foundation
import Store
import Synchronization
import Testing

@Suite("Rows that can't be read")
struct UnreadableRowTests {
    @Test("They hide no other, are told once each with the reason, and stay as they are")
    func told() async throws {
        let path = NSTemporaryDirectory() + "unreadable-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(
            [
                Migration(
                    "things", 1, "things",
                    ["CREATE TABLE things (id TEXT, n BIGINT)", "INSERT INTO things VALUES ('a', 1), ('b', 'x'), ('c', 3), (NULL, 'y')"])
            ], now: 0)
        func read() async throws -> [Int] {
            try await store.read { transaction in
                transaction.readable(try transaction.query("SELECT * FROM things ORDER BY rowid"), of: "things") { try $0.integer("n") }
            }
        }
        #expect(try await read() == [1, 3])
        let told = Mutex<[UnreadableRow]>([])
        store.unreadable.tell { row in told.withLock { $0.append(row) } }
        #expect(try await read() == [1, 3])
        #expect(told.withLock { $0.map(\.id).sorted() } == ["?", "b"], "What was found before is told, too, and nothing twice")
        #expect(store.unreadable.rows.allSatisfy { $0.table == "things" && $0.reason.contains("column n") })
        _ = try await store.write { try $0.execute("UPDATE things SET n = 'z' WHERE id = 'c'") }
        #expect(try await read() == [1])
        #expect(told.withLock { $0.last?.id } == "c")
        #expect(try await store.read { try $0.query("SELECT * FROM things").count } == 4)
    }
}
