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

    @Test("It goes on behind the item at which it ended, also when others came before it or it is gone")
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
                    let rows = try transaction.query(
                        "SELECT * FROM things WHERE (at, id) > ($1, $2) ORDER BY at, id LIMIT $3", after.number, after.text, request.probe)
                    return transaction.page(rows, request, of: "things", key: { try PageKey($0, "at", "id") }) { row in
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
}
