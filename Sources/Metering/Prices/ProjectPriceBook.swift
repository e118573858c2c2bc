import Accounts
import Store

/// The prices that projects have set for models. A value around the store; thread-safe.
public struct ProjectPriceBook: Sendable {
    private let store: Store
    private let accounts: Accounts
    private let now: @Sendable () -> Int64

    /// Creates the price book.
    public init(store: Store, accounts: Accounts, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    /// A project's own price for a model.
    public struct Entry: Sendable, Hashable {
        /// The model's name, in lower case.
        public var model: String
        /// The rates.
        public var rates: Rates
        /// The name of the user who set it.
        public var by: String?
        /// When it was set, in UTC milliseconds.
        public var changedAt: Int64
    }

    /// The most prices that a project can have: all are read with each lease.
    public static let most = 200

    /// Sets a model's price for a project. It counts only in the project's budget.
    ///
    /// - Throws: ``MeteringError/Code/invalid`` if the name is invalid or the project has too many prices; `AccountsError` if the actor may
    ///   not change the project; `StoreError`.
    public func set(_ rates: Rates, of model: String, in project: ProjectID, by actor: User) async throws {
        guard model.wholeMatch(of: /[\w.:\/@+-]{1,120}/) != nil, model.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw MeteringError(.invalid, "A model is named without blanks, in at most 120 letters, digits and . : / @ + - _")
        }
        let name = model.lowercased()
        try await store.write { [accounts, now] transaction in
            try accounts.check(actor, mayChange: .project(project), in: transaction)
            try transaction.execute(
                """
                INSERT INTO project_prices (project_id, model, input_nano, cache_read_nano, cache_write_nano, cache_write_long_nano,
                    output_nano, changed_by, changed_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (project_id, model) DO UPDATE SET
                    input_nano = excluded.input_nano, cache_read_nano = excluded.cache_read_nano,
                    cache_write_nano = excluded.cache_write_nano, cache_write_long_nano = excluded.cache_write_long_nano,
                    output_nano = excluded.output_nano, changed_by = excluded.changed_by, changed_at = excluded.changed_at
                """,
                project, name, Money(rawValue: rates.input), Money(rawValue: rates.cacheRead), Money(rawValue: rates.cacheWrite),
                Money(rawValue: rates.cacheWriteLong), Money(rawValue: rates.output), actor.id, now())
            guard try Self.rows(of: project, transaction).count <= Self.most else {
                throw MeteringError(
                    .invalid, "A project has at most \(Self.most) own prices. Use prices.yaml for more.")
            }
            let text = "\(Money(rawValue: rates.input).text) and \(Money(rawValue: rates.output).text) a million tokens"
            try accounts.record(transaction, actor.id, "price.set", "project:\(project.rawValue):\(name)", text)
        }
    }

    /// Removes a project's price, so that the price list's applies again.
    ///
    /// - Throws: ``MeteringError/Code/notFound``; `AccountsError` if the actor may not change the project; `StoreError`.
    public func remove(_ model: String, from project: ProjectID, by actor: User) async throws {
        let name = model.lowercased()
        try await store.write { [accounts] transaction in
            try accounts.check(actor, mayChange: .project(project), in: transaction)
            let removed = try transaction.execute("DELETE FROM project_prices WHERE project_id = $1 AND model = $2", project, name)
            guard removed > 0 else {
                throw MeteringError(
                    .notFound, "The project has no own price for “\(model.prefix(120))”. See: sam prices --project P")
            }
            try accounts.record(transaction, actor.id, "price.removed", "project:\(project.rawValue):\(name)", "")
        }
    }

    /// The prices of a project, by model. An unreadable row is reported and skipped.
    ///
    /// - Throws: `StoreError`.
    public func list(of project: ProjectID) async throws -> [Entry] {
        try await store.read { transaction in
            transaction.readable(try Self.rows(of: project, transaction), of: "project_prices", id: Self.name) { row in
                Entry(
                    model: try row.text("model"), rates: try Rates(row),
                    by: try accounts.name(of: try row.parsed("changed_by", as: UserID.self), in: transaction),
                    changedAt: Int64(try row.integer("changed_at")))
            }
        }
    }

    /// The prices of a project, for a request.
    ///
    /// - Throws: ``MeteringError/Code/unreadable`` if a row can't be read, because its price is unknown; `StoreError`.
    public static func prices(of project: ProjectID, in transaction: any Transaction) throws -> ProjectPrices {
        var prices: [String: Price] = [:]
        for row in try rows(of: project, transaction) {
            do {
                prices[try row.text("model")] = Price(Price.Schedule(rates: try Rates(row)), most: 128_000)
            } catch {
                transaction.report(row, of: "project_prices", id: name, error)
                throw MeteringError(
                    .unreadable, "A price of the project's can't be read, so no request is made. Set it again with: sam prices set")
            }
        }
        return ProjectPrices(prices)
    }

    /// Removes the prices of a deleted project.
    ///
    /// - Throws: `StoreError`.
    public static func forget(_ project: ProjectID, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM project_prices WHERE project_id = $1", project)
    }

    /// Reads every price, so that unreadable rows are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        let rows = try transaction.query("SELECT * FROM project_prices")
        _ = transaction.readable(rows, of: "project_prices", id: name) { try Rates($0) }
    }

    private static func rows(of project: ProjectID, _ transaction: any Transaction) throws -> [Row] {
        try transaction.query("SELECT * FROM project_prices WHERE project_id = $1 ORDER BY model", project)
    }

    private static func name(_ row: Row) throws -> String { "\(try row.text("project_id")):\(try row.text("model"))" }
}

extension Rates {
    fileprivate init(_ row: Row) throws {
        func rate(_ column: String) throws -> Int64 { Int64(try row.integer(column)) }
        self.init(
            input: try rate("input_nano"), cacheRead: try rate("cache_read_nano"), cacheWrite: try rate("cache_write_nano"),
            cacheWriteLong: try rate("cache_write_long_nano"), output: try rate("output_nano"))
    }
}
