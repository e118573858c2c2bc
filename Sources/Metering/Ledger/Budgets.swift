import Accounts
import Cascade
import Foundation
import Store
import Synchronization

/// The budgets of all scopes. A request must fit all that apply; none loosens another.
///
/// A value around the store; thread-safe.
public struct Budgets: Sendable {
    let store: Store
    let accounts: Accounts
    let now: @Sendable () -> Int64
    private let choices: @Sendable (any Transaction) throws -> [BudgetZones.Choice]
    private let known = Known()

    /// Creates the budgets.
    ///
    /// - Parameter zones: reads the time zones that were chosen for all budgets, oldest first.
    public init(
        store: Store, accounts: Accounts, now: @escaping @Sendable () -> Int64,
        zones: @escaping @Sendable (any Transaction) throws -> [BudgetZones.Choice] = { _ in [] }
    ) {
        self.store = store
        self.accounts = accounts
        self.now = now
        choices = zones
    }

    /// The last computed time zones: calendar calculations are slow.
    private final class Known: Sendable {
        let last = Mutex<(choices: [BudgetZones.Choice], zones: BudgetZones)>(([], .utc))
    }

    /// The time zones in which budget periods begin.
    ///
    /// - Throws: `StoreError`.
    func zones(in transaction: any Transaction) throws -> BudgetZones {
        let choices = try choices(transaction)
        return known.last.withLock { last in
            if last.choices != choices { last = (choices, BudgetZones(choices)) }
            return last.zones
        }
    }

    // MARK: - Changes

    /// Sets a budget. Spending of the current period counts from its beginning.
    ///
    /// - Parameter mode: `nil` keeps the current mode; a new budget is strict.
    /// - Throws: `AccountsError` if the actor may not change the budget; `StoreError`.
    public func set(
        _ limit: Money, mode: BudgetMode? = nil, per period: Period, at owner: ScopeOwner, by actor: User
    ) async throws {
        let detail = "\(limit.text) a \(period.rawValue)\(mode.map { ", \($0.rawValue)" } ?? "")"
        try await change(owner, period, actor, "budget.set", detail) { [now] transaction in
            try transaction.execute(
                """
                INSERT INTO budgets (scope, owner, period, state, limit_nano, mode, reason, changed_by, changed_at)
                VALUES ($1, $2, $3, 'active', $4, COALESCE($5, 'strict'), NULL, $6, $7)
                ON CONFLICT (scope, owner, period) DO UPDATE SET
                    state = 'active', limit_nano = excluded.limit_nano, mode = COALESCE($5, budgets.mode), reason = NULL,
                    changed_by = excluded.changed_by, changed_at = excluded.changed_at
                """, owner.scope, owner.owner, period, limit, mode, actor.id, now())
            // With a new limit the owner is warned again.
            try transaction.execute(
                "UPDATE spending SET warned = 0 WHERE scope = $1 AND owner = $2 AND period = $3", owner.scope, owner.owner, period)
            return 1
        }
    }

    /// Turns a budget off, or on again with its limit.
    ///
    /// - Throws: ``MeteringError/Code/notFound``; `AccountsError`; `StoreError`.
    public func turn(on isOn: Bool, _ period: Period, at owner: ScopeOwner, reason: String?, by actor: User) async throws {
        try await change(owner, period, actor, isOn ? "budget.on" : "budget.off", reason ?? "") { [now] transaction in
            try transaction.execute(
                """
                UPDATE budgets SET state = $1, reason = $2, changed_by = $3, changed_at = $4
                WHERE scope = $5 AND owner = $6 AND period = $7
                """, isOn ? "active" : "inactive", isOn ? nil : reason, actor.id, now(), owner.scope, owner.owner, period)
        }
    }

    /// Removes a budget: the layer has no limit any more.
    ///
    /// - Throws: ``MeteringError/Code/notFound``; `AccountsError`; `StoreError`.
    public func clear(_ period: Period, at owner: ScopeOwner, by actor: User) async throws {
        try await change(owner, period, actor, "budget.cleared", "") { transaction in
            try transaction.execute(
                "DELETE FROM budgets WHERE scope = $1 AND owner = $2 AND period = $3", owner.scope, owner.owner, period)
        }
    }

    private func change(
        _ owner: ScopeOwner, _ period: Period, _ actor: User, _ action: String, _ detail: String,
        _ body: @escaping @Sendable (any Transaction) throws -> Int
    ) async throws {
        try await store.write { [accounts] transaction in
            try accounts.check(actor, mayChange: owner, in: transaction)
            guard try body(transaction) > 0 else {
                throw MeteringError(
                    .notFound, "The \(owner.scope.rawValue) scope has no budget a \(period.rawValue). Set one with: sam budget set")
            }
            try accounts.record(transaction, actor.id, action, "\(owner.scope.rawValue):\(owner.owner):\(period.rawValue)", detail)
        }
    }

    /// The budgets that apply to a user: their own, their projects' and the platform's.
    ///
    /// - Throws: `StoreError`.
    public func list(for user: User) async throws -> [BudgetStanding] {
        let projects = try await accounts.projects(of: user.id)
        return try await store.read { [self] transaction in
            let layers: [(owner: ScopeOwner, name: String?)] =
                projects.map { (.project($0.id), $0.name) } + [(.user(user.id), user.name), (.platform, nil)]
            let zones = try zones(in: transaction)
            return try layers.flatMap { layer in
                try budgets(of: layer.owner, transaction).map { try standing($0, layer.name, zones, transaction) }
            }
        }
    }

    private func standing(
        _ budget: Budget, _ name: String?, _ zones: BudgetZones, _ transaction: any Transaction
    ) throws -> BudgetStanding {
        let time = now()
        let interval = budget.period.interval(of: time, in: zones)
        let spending = try Spending.of(budget.owner, budget.period, from: interval.start, transaction)
        return BudgetStanding(
            scope: budget.owner.scope, owner: name, period: budget.period, isOn: budget.isOn, limit: budget.limit, mode: budget.mode,
            spent: spending.settled, reserved: budget.mode == .typical ? spending.typical : spending.reserved,
            resetsAt: interval.end, timeZone: budget.period.zone(at: time, in: zones), reason: budget.reason,
            by: try accounts.name(of: budget.changedBy, in: transaction), changedAt: budget.changedAt)
    }

    /// The budgets of a layer. An unreadable row is reported and skipped.
    func budgets(of owner: ScopeOwner, _ transaction: any Transaction) throws -> [Budget] {
        transaction.readable(try rows(of: owner, transaction), of: "budgets", id: Self.name) { try Budget(owner, $0) }
    }

    /// The budgets of a layer, for a request. An unreadable row is reported and throws ``MeteringError/Code/unreadable``, because its limit
    /// is unknown.
    func limits(of owner: ScopeOwner, _ transaction: any Transaction) throws -> [Budget] {
        try rows(of: owner, transaction).map { row in
            do {
                return try Budget(owner, row)
            } catch {
                transaction.report(row, of: "budgets", id: Self.name, error)
                throw MeteringError(
                    .unreadable,
                    "A budget of the \(owner.scope.rawValue) scope can't be read, so nothing is spent under it. Set it again with: sam budget set"
                )
            }
        }
    }

    private func rows(of owner: ScopeOwner, _ transaction: any Transaction) throws -> [Row] {
        try transaction.query("SELECT * FROM budgets WHERE scope = $1 AND owner = $2 ORDER BY period", owner.scope, owner.owner)
    }

    private static func name(_ row: Row) throws -> String {
        "\(try row.text("scope")):\(try row.text("owner")):\(try row.text("period"))"
    }

    /// Reads every budget, so that unreadable rows are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        // The owner does not matter here.
        _ = transaction.readable(try transaction.query("SELECT * FROM budgets"), of: "budgets", id: name) { try Budget(.platform, $0) }
    }

    // MARK: - Requests

    /// Whether any budget applies to these layers.
    ///
    /// - Throws: `StoreError`.
    public func apply(to owners: [ScopeOwner], in transaction: any Transaction) throws -> Bool {
        try owners.contains { owner in try limits(of: owner, transaction).contains(where: \.isOn) }
    }

    /// Where a usage report begins, by the days and months of budgets.
    ///
    /// - Throws: `StoreError`.
    public func start(of since: UsageSince) async throws -> UsageStart {
        let zones = try await store.read { [self] transaction in try self.zones(in: transaction) }
        return zones.start(of: since, at: now())
    }
}
