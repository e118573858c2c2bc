/// Where a page of a list ends: what the list is ordered by, of its last row.
public struct PageKey: Sendable, Hashable {
    /// A time or a place in the list; 0 where the list is ordered by a text alone.
    public var number: Int64
    public var text: String

    /// Names a place.
    public init(number: Int64 = 0, text: String) {
        self.number = number
        self.text = text
    }

    /// Before every row of a list in ascending order.
    public static let first = PageKey(number: .min, text: "")
    /// Before every row of a list in descending order. Nothing that SAM stores sorts behind it.
    public static let last = PageKey(number: .max, text: "\u{10FFFF}")
}

extension PageKey {
    /// The place of a row in a list that is ordered by a time and an id.
    ///
    /// - Throws: ``StoreError`` when the row has no such place.
    public init(_ row: Row, _ time: String, _ id: String) throws(StoreError) {
        self.init(number: Int64(try row.integer(time)), text: try row.text(id))
    }

    /// The place of a row in a list that is ordered by the column `name`.
    ///
    /// - Throws: ``StoreError`` when the row has no name.
    public static func name(_ row: Row) throws(StoreError) -> PageKey {
        PageKey(text: try row.text("name"))
    }
}

/// Which part of a list is wanted.
public struct PageRequest: Sendable, Hashable {
    /// At most so many rows.
    public var limit: Int
    /// What comes after this place; `nil` from the beginning.
    public var after: PageKey?

    /// Asks for a part.
    public init(limit: Int, after: PageKey? = nil) {
        self.limit = limit
        self.after = after
    }

    /// One more than wanted: whether there is more is known by whether it is there.
    public var probe: Int { limit + 1 }
}

/// A part of a list.
public struct Page<Item> {
    public var items: [Item]
    /// Where the next part begins; `nil` when this was the last.
    public var next: PageKey?

    /// Describes a part.
    public init(items: [Item], next: PageKey?) {
        self.items = items
        self.next = next
    }

    /// The items made into others, one each.
    public func map<Other>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }

    /// A part of a list that is in memory, in the order in which it stands.
    ///
    /// - Parameter key: what names an item. When the item at which the last part ended is gone, its place is what counts.
    public init(of all: [Item], _ request: PageRequest, key: (Item) -> String) {
        var start = 0
        if let after = request.after {
            let found = all.firstIndex { key($0) == after.text }
            start = found.map { $0 + 1 } ?? min(max(0, Int(clamping: after.number)), all.count)
        }
        items = Array(all[start...].prefix(request.limit))
        let end = start + items.count
        next = end < all.count ? items.last.map { PageKey(number: Int64(end), text: key($0)) } : nil
    }
}

extension Page: Sendable where Item: Sendable {}

extension Transaction {
    /// A part of a list from its rows, of which one more than wanted was asked for. A row that can't be read is reported and left out,
    /// and hides no other.
    ///
    /// - Parameters:
    ///   - table: where the rows are from, for who is told.
    ///   - key: the place of a row in the list.
    public func page<Value>(
        _ rows: [Row], _ request: PageRequest, of table: String, id: (Row) throws -> String = { try $0.text("id") },
        key: (Row) throws -> PageKey, _ make: (Row) throws -> Value
    ) -> Page<Value> {
        let wanted = rows.prefix(request.limit)
        let items = readable(Array(wanted), of: table, id: id, make)
        guard rows.count > wanted.count else { return Page(items: items, next: nil) }
        // The last row whose place can be read: what can't be sorts before everything that can.
        for row in wanted.reversed() {
            if let next = try? key(row) { return Page(items: items, next: next) }
        }
        return Page(items: items, next: nil)
    }
}
