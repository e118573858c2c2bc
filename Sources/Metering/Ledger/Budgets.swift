import Accounts
import Cascade
import Foundation
import Store

/// The budgets of all scopes. All that apply to a request must hold; none loosens another.
///
/// A value around the store; safe to share between tasks.
public struct Budgets: Sendable {
    let store: Store
    let accounts: Accounts
    let now: @Sendable () -> Int64

    /// Opens the budgets.
    public init(store: Store, accounts: Accounts, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    // MARK: - What people do

    /// Sets a budget. It counts what was spent in the current period already.
    ///
    /// - Throws: `AccountsError` for who may not; `StoreError`.
    public func set(_ limit: Money, per period: Period, at owner: ScopeOwner, by actor: User) async throws {
        try await change(owner, period, actor, "budget.set", "\(limit.text) a \(period.rawValue)") { [now] transaction in
            try transaction.execute(
                """
                INSERT INTO budgets (scope, owner, period, state, limit_nano, reason, changed_by, changed_at)
                VALUES ($1, $2, $3, 'active', $4, NULL, $5, $6)
                ON CONFLICT (scope, owner, period) DO UPDATE SET
                    state = 'active', limit_nano = excluded.limit_nano, reason = NULL,
                    changed_by = excluded.changed_by, changed_at = excluded.changed_at
                """, owner.scope, owner.owner, period, limit, actor.id, now())
            // A new limit gives a new warning.
            try transaction.execute(
                "UPDATE spending SET warned = 0 WHERE scope = $1 AND owner = $2 AND period = $3", owner.scope, owner.owner, period)
            return 1
        }
    }

    /// Turns a budget off, or on again with its amount.
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

    /// Removes a budget: the layer says nothing any more.
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

    /// The budgets that a user is subject to: their own, their projects', and the platform's.
    ///
    /// - Throws: `StoreError`.
    public func list(for user: User) async throws -> [BudgetStanding] {
        let projects = try await accounts.projects(of: user.id)
        return try await store.read { [self] transaction in
            let layers: [(owner: ScopeOwner, name: String?)] =
                projects.map { (.project($0.id), $0.name) } + [(.user(user.id), user.name), (.platform, nil)]
            return try layers.flatMap { layer in
                try budgets(of: layer.owner, transaction).map { try standing($0, layer.name, transaction) }
            }
        }
    }

    private func standing(_ budget: Budget, _ name: String?, _ transaction: any Transaction) throws -> BudgetStanding {
        let spending = try Spending.of(budget.owner, budget.period, at: now(), transaction)
        return BudgetStanding(
            scope: budget.owner.scope, owner: name, period: budget.period, isOn: budget.isOn, limit: budget.limit, spent: spending.settled,
            reserved: spending.reserved, resetsAt: budget.period.interval(of: now()).end, reason: budget.reason,
            by: try transaction.first("SELECT name FROM users WHERE id = $1", budget.changedBy)?.text("name"), changedAt: budget.changedAt)
    }

    /// The budgets of a layer. One that can't be read is reported and hides no other.
    func budgets(of owner: ScopeOwner, _ transaction: any Transaction) throws -> [Budget] {
        transaction.readable(try rows(of: owner, transaction), of: "budgets", id: Self.name) { try Budget(owner, $0) }
    }

    /// The budgets of a layer that have to be held. What a limit that can't be read allows is not known, and not everything.
    private func limits(of owner: ScopeOwner, _ transaction: any Transaction) throws -> [Budget] {
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

    /// Reads every budget, so that those that can't be read are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        // Whose they are is not judged here.
        _ = transaction.readable(try transaction.query("SELECT * FROM budgets"), of: "budgets", id: name) { try Budget(.platform, $0) }
    }

    // MARK: - What a request has to hold

    /// Whether any budget applies to these layers.
    ///
    /// - Throws: `StoreError`.
    public func apply(to owners: [ScopeOwner], in transaction: any Transaction) throws -> Bool {
        try owners.contains { owner in try limits(of: owner, transaction).contains(where: \.isOn) }
    }

    /// What a budget has room for.
    struct Room: Sendable, Hashable {
        var budget: Budget
        var left: Money
    }

    /// The room of the tightest budget: the one answer of the cascade in ceiling mode. What is turned off says nothing.
    func room(for owners: [ScopeOwner], in transaction: any Transaction) throws -> Cascade.Resolution<Scope, Room, UserID, Never> {
        let layers = try owners.map { owner in
            let budgets = try limits(of: owner, transaction)
            let rooms = try budgets.filter(\.isOn).map { budget in
                let spending = try Spending.of(owner, budget.period, at: now(), transaction)
                return Room(budget: budget, left: budget.limit - spending.settled - spending.reserved)
            }
            let entry: Entry<Room, UserID, Never> =
                rooms.min { $0.left < $1.left }.map(Entry.active) ?? budgets.first.map { .inactive($0.changedBy) } ?? .absent
            return Layered(owner.scope, entry)
        }
        return resolveCeiling(layers, inactive: .inherit) { $0.left <= $1.left ? $0 : $1 }
    }
}
