import Store

/// A row of the book of usage.
struct BookedRow: Sendable, CustomStringConvertible {
    var key: String?
    var model: String?
    var tokens: BilledTokens
    var searches: Int
    /// In billionths of a dollar.
    var cost: Int
    /// By the project's own price.
    var projectCost: Int?
    var state: String
    var why: [String]

    var isEstimate: Bool { state == "estimated" }

    init(_ row: Row) throws {
        key = try row.optionalText("key_id")
        model = try row.optionalText("model")
        tokens = BilledTokens(
            input: try row.integer("input"), read: try row.integer("cache_read"), write: try row.integer("cache_write"),
            writeLong: try row.integer("cache_write_long"), output: try row.integer("output"), reasoning: try row.integer("reasoning"))
        searches = try row.integer("web_searches")
        cost = try row.integer("cost_nano")
        projectCost = try row.optionalInteger("project_cost_nano")
        state = try row.text("state")
        why = (try row.optionalText("why") ?? "").split(separator: ",").map(String.init)
    }

    var description: String {
        let counts =
            "\(tokens.input)+\(tokens.read)r+\(tokens.write)w+\(tokens.writeLong)l → \(tokens.output) (\(tokens.reasoning) reasoned)"
        return
            "\(state) \(why) \(model ?? "no model"): \(counts), \(searches) searches, \(cost) n$\(projectCost.map { ", \($0) n$ by its own price" } ?? "")"
    }
}

extension BookedRow {
    /// All rows, by the gateway key that asked.
    static func all(_ store: Store) async throws -> [String: [BookedRow]] {
        let rows = try await store.read { try $0.query("SELECT * FROM usage").map(BookedRow.init) }
        return Dictionary(grouping: rows) { $0.key ?? "" }
    }

    /// The gateway keys that have a row.
    static func keys(_ store: Store) async throws -> Set<String> {
        Set(try await store.read { try $0.query("SELECT DISTINCT key_id FROM usage").compactMap { try $0.optionalText("key_id") } })
    }
}
