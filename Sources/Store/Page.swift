/// The position where a page of a list ends: the sort key of its last row.
public struct PageKey: Sendable, Hashable {
    /// A time or an index in the list; 0 if the list is sorted by text alone.
    public var number: Int64
    /// The text that sorts rows with equal numbers: an id or a name.
    public var text: String

    /// Creates a position.
    public init(number: Int64 = 0, text: String) {
        self.number = number
        self.text = text
    }

    /// Before every row of a list in ascending order.
    public static let first = PageKey(number: .min, text: "")
    /// Before every row of a list in descending order: nothing that SAM stores sorts after it.
    public static let last = PageKey(number: .max, text: "\u{10FFFF}")
}

extension PageKey {
    /// The position of a row in a list that is sorted by a time and an id.
    ///
    /// - Throws: ``StoreError`` if one of the columns is missing or has another type.
    public init(_ row: Row, _ time: String, _ id: String) throws(StoreError) {
        self.init(number: Int64(try row.integer(time)), text: try row.text(id))
    }

    /// The position of a row in a list that is sorted by the column `name`.
    ///
    /// - Throws: ``StoreError`` if the row has no name.
    public static func name(_ row: Row) throws(StoreError) -> PageKey {
        PageKey(text: try row.text("name"))
    }
}

/// A request for one page of a list.
public struct PageRequest: Sendable, Hashable {
    /// The most rows of the page.
    public var limit: Int
    /// The position after which the page begins; `nil` for the first page.
    public var after: PageKey?

    /// Creates a request.
    public init(limit: Int, after: PageKey? = nil) {
        self.limit = limit
        self.after = after
    }

    /// The number of rows to query: one more than the limit, to tell whether there is a next page.
    public var probe: Int { limit + 1 }

    /// A page ends with the row that makes it this long, in bytes.
    public static let byteLimit = 4 << 20
}

/// The rows of one page, as they were queried.
public struct PageRows: Sendable {
    /// The rows, at least one if the list has more.
    public var rows: [Row]
    /// Whether the list goes on after them.
    public var hasMore: Bool

    /// Creates the rows of a page.
    public init(rows: [Row], hasMore: Bool) {
        self.rows = rows
        self.hasMore = hasMore
    }
}

/// One page of a list.
public struct Page<Item> {
    /// The items of the page.
    public var items: [Item]
    /// The position after which the next page begins; `nil` if this is the last.
    public var next: PageKey?

    /// Creates a page.
    public init(items: [Item], next: PageKey?) {
        self.items = items
        self.next = next
    }

    /// Transforms each item.
    public func map<Other>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }

    /// Makes a page of a list in memory, in the list's order.
    ///
    /// - Parameter key: the name of an item. If the last item of the previous page is gone, the page begins at its index.
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
    /// Queries the rows of a page, and stops reading when the page has enough rows or bytes.
    ///
    /// - Parameters:
    ///   - sql: a query whose last parameter is its `LIMIT`: ``PageRequest/probe``.
    ///   - bytes: the page ends with the row that makes it this long.
    /// - Throws: ``StoreError``.
    public func rows(
        for request: PageRequest, _ sql: String, _ parameters: [any SQLBindable], upTo bytes: Int = PageRequest.byteLimit
    ) throws -> PageRows {
        let (rows, isCut) = try query(sql, parameters, upTo: bytes)
        let wanted = rows.prefix(max(0, request.limit))
        return PageRows(rows: Array(wanted), hasMore: isCut || rows.count > wanted.count)
    }

    /// Queries the rows of a page, with variadic parameters.
    public func rows(for request: PageRequest, _ sql: String, _ parameters: any SQLBindable...) throws -> PageRows {
        try rows(for: request, sql, parameters)
    }

    /// Makes a page from its rows. A row that can't be read is reported and skipped.
    ///
    /// - Parameters:
    ///   - table: the table of the rows, for the report.
    ///   - key: the position of a row in the list.
    public func page<Value>(
        _ rows: PageRows, of table: String, id: (Row) throws -> String = { try $0.text("id") },
        key: (Row) throws -> PageKey, _ make: (Row) throws -> Value
    ) -> Page<Value> {
        let items = readable(rows.rows, of: table, id: id, make)
        guard rows.hasMore else { return Page(items: items, next: nil) }
        // The last row whose position can be read: unreadable values sort before all readable ones.
        for row in rows.rows.reversed() {
            if let next = try? key(row) { return Page(items: items, next: next) }
        }
        return Page(items: items, next: nil)
    }
}
