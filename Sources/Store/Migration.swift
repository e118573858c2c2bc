/// A numbered, forward-only change of a module's tables.
public struct Migration: Sendable {
    /// The module that owns the tables.
    public var module: String
    /// The number, from 1 within the module, without gaps.
    public var number: Int
    /// A description for readers of the table of migrations.
    public var name: String
    /// The statements, run in order in one transaction.
    public var statements: [String]
    /// Changes rows in a way that no statement can, after the statements and in the same transaction.
    public var change: @Sendable (any Transaction) throws -> Void

    /// Creates a migration.
    public init(
        _ module: String, _ number: Int, _ name: String, _ statements: [String],
        change: @escaping @Sendable (any Transaction) throws -> Void = { _ in }
    ) {
        self.change = change
        self.module = module
        self.number = number
        self.name = name
        self.statements = statements
    }
}

extension Store {
    /// Brings the schema up to date.
    ///
    /// All migrations run in one write transaction, which is the lock: a second process that starts at the same time waits and then finds
    /// nothing to do. If one fails, nothing is changed.
    ///
    /// - Parameters:
    ///   - migrations: every migration that the program knows, those of a module in ascending order. A module whose tables refer to
    ///     another's comes after it.
    ///   - now: the time to record, in UTC milliseconds.
    /// - Returns: the migrations that this call applied.
    /// - Throws: ``StoreError`` with code ``StoreError/Code/schemaTooNew`` when the database was last used
    ///   by a newer program.
    @discardableResult
    public func migrate(_ migrations: [Migration], now: Int64) async throws -> [Migration] {
        try await write { [backend] transaction in
            try transaction.execute(
                """
                CREATE TABLE IF NOT EXISTS migrations (
                    module TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, applied_at BIGINT NOT NULL,
                    PRIMARY KEY (module, number))
                """)
            let pending = try Self.pending(migrations, transaction)
            for statement in backend.prelude { try transaction.execute(statement) }
            for migration in pending {
                for statement in migration.statements {
                    try transaction.execute(statement)
                }
                try migration.change(transaction)
                try transaction.execute(
                    "INSERT INTO migrations (module, number, name, applied_at) VALUES ($1, $2, $3, $4)",
                    migration.module, migration.number, migration.name, now)
            }
            return pending
        }
    }

    /// The migrations that are not applied yet.
    ///
    /// - Throws: ``StoreError`` with code ``StoreError/Code/schemaTooNew`` when the database was last used by a newer program.
    public func pending(_ migrations: [Migration]) async throws -> [Migration] {
        try await read { transaction in try Self.pending(migrations, transaction) }
    }

    /// The number of the newest applied migration of each module.
    ///
    /// - Throws: ``StoreError``.
    public func schema() async throws -> [String: Int] {
        try await read { transaction in try Self.applied(transaction) }
    }

    private static func applied(_ transaction: any Transaction) throws -> [String: Int] {
        var applied: [String: Int] = [:]
        for row in try transaction.query("SELECT module, MAX(number) AS number FROM migrations GROUP BY module") {
            applied[try row.text("module")] = try row.integer("number")
        }
        return applied
    }

    private static func pending(_ migrations: [Migration], _ transaction: any Transaction) throws -> [Migration] {
        let applied = try applied(transaction)
        for (module, number) in applied {
            let known = migrations.filter { $0.module == module }.map(\.number).max() ?? 0
            guard number <= known else {
                throw StoreError(
                    .schemaTooNew,
                    """
                    The database was written by a newer SAM (tables of \(module) at \(number), this program knows \(known)). \
                    Start that newer version, or point SAM_HOME elsewhere.
                    """)
            }
        }
        return migrations.filter { $0.number > applied[$0.module, default: 0] }
    }
}
