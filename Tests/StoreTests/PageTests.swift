import Foundation
import Store
import Testing

@Suite("Parts of lists")
struct PageTests {
    private let letters = ["a", "b", "c", "d", "e"]

    @Test(
        "A list in memory is given in parts that together are the list, whatever their size",
        arguments: [1, 2, 3, 4, 5, 6, 1_000])
    func whole(_ limit: Int) {
        var seen: [String] = []
        var after: PageKey?
        repeat {
            let page = Page(of: letters, PageRequest(limit: limit, after: after)) { $0 }
            #expect(page.items.count <= limit && !page.items.isEmpty)
            seen += page.items
            after = page.next
        } while after != nil
        #expect(seen == letters)
    }

    @Test("It continues behind the item at which it ended, also when others came before it or it is gone")
    func moved() {
        let next = Page(of: letters, PageRequest(limit: 2)) { $0 }.next
        #expect(Page(of: ["0", "00"] + letters, PageRequest(limit: 2, after: next)) { $0 }.items == ["c", "d"])
        #expect(Page(of: ["a", "c", "d", "e"], PageRequest(limit: 2, after: next)) { $0 }.items == ["d", "e"])
        #expect(Page(of: [String](), PageRequest(limit: 2, after: next)) { $0 }.items == [])
        #expect(Page(of: letters, PageRequest(limit: 2, after: PageKey(number: -7, text: "?"))) { $0 }.items == ["a", "b"])
        #expect(Page(of: letters, PageRequest(limit: 2, after: PageKey(number: .max, text: "?"))) { $0 }.items == [])
    }

    @Test("Rows with the same time are each in one part, and one that can't be read hides no other")
    func rows() async throws {
        let path = NSTemporaryDirectory() + "page-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate([Migration("things", 1, "things", ["CREATE TABLE things (id TEXT PRIMARY KEY, at, note)"])], now: 1)
        try await store.write { transaction in
            for (id, at, note) in [("a", 1, 0), ("b", 1, 0), ("c", 1, 1), ("d", 2, 0), ("e", 2, 0)] {
                try transaction.execute("INSERT INTO things VALUES ($1, $2, $3)", id, at, note == 0 ? "good" : nil)
            }
        }
        for limit in 1...6 {
            var seen: [String] = []
            var after = PageKey.first
            while true {
                let request = PageRequest(limit: limit, after: after)
                let page = try await store.read { [after] transaction in
                    let rows = try transaction.rows(
                        for: request,
                        "SELECT * FROM things WHERE (at, id) > ($1, $2) ORDER BY at, id LIMIT $3", after.number, after.text, request.probe)
                    return transaction.page(rows, of: "things", key: { try PageKey($0, "at", "id") }) { row in
                        _ = try row.text("note")
                        return try row.text("id")
                    }
                }
                seen += page.items
                guard let next = page.next else { break }
                after = next
            }
            #expect(seen == ["a", "b", "d", "e"], "with \(limit) at once")
        }
        #expect(store.unreadable.rows.map(\.id) == ["c"])
    }

    @Test(
        "A page ends with the row that makes it long enough, the next goes on there, and one row that is longer alone is given",
        arguments: Database.allCases)
    func bytes(_ database: Database) async throws {
        try await database.with { store, _ in
            let things = Migration("things", 1, "things", ["CREATE TABLE things (id TEXT PRIMARY KEY, note TEXT NOT NULL)"])
            try await store.migrate([things], now: 1)
            // Of these in hundreds of bytes, pages of 1,000 bytes.
            let lengths = ["a": 4, "b": 4, "c": 4, "d": 0, "e": 30, "f": 1, "g": 1]
            try await store.write { transaction in
                for (id, length) in lengths {
                    try transaction.execute("INSERT INTO things VALUES ($1, $2)", id, String(repeating: "x", count: length * 100))
                }
            }
            var pages: [String] = []
            var request = PageRequest(limit: 1_000)
            while true {
                let page = try await store.read { [request] transaction in
                    let rows = try transaction.rows(
                        for: request, "SELECT * FROM things WHERE id > $1 ORDER BY id LIMIT $2",
                        [request.after?.text ?? "", request.probe],
                        upTo: 1_000)
                    return transaction.page(rows, of: "things", key: { PageKey(text: try $0.text("id")) }) { try $0.text("id") }
                }
                pages.append(page.items.joined())
                guard let next = page.next else { break }
                request.after = next
            }
            #expect(pages == ["abc", "de", "fg"])
            let (rows, isCut) = try await store.read { try $0.query("SELECT * FROM things WHERE id = 'e'", [], upTo: 1_000) }
            #expect(rows.count == 1 && !isCut)
            // The transaction goes on after a query that was cut.
            let count = try await store.write { transaction in
                _ = try transaction.query("SELECT * FROM things ORDER BY id", [], upTo: 1)
                try transaction.execute("DELETE FROM things WHERE id = 'a'")
                return try transaction.first("SELECT COUNT(*) AS count FROM things")?.integer("count")
            }
            #expect(count == 6)
        }
    }
}
