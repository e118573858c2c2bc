import Accounts
import Store

/// The most that may be spent at a layer in a period.
public struct Budget: Sendable, Hashable {
    public var owner: ScopeOwner
    public var period: Period
    public var limit: Money
    /// A budget that is turned off keeps its amount and holds nothing back.
    public var isOn: Bool
    public var reason: String?
    public var changedBy: UserID
    /// UTC milliseconds.
    public var changedAt: Int64

    init(_ owner: ScopeOwner, _ row: Row) throws {
        self.owner = owner
        period = try row.parsed("period")
        limit = Money(rawValue: Int64(try row.integer("limit_nano")))
        isOn = try row.text("state") == "active"
        reason = try row.optionalText("reason")
        changedBy = try row.parsed("changed_by")
        changedAt = Int64(try row.integer("changed_at"))
    }
}

/// A budget with what is left of it, fit to be shown.
public struct BudgetStanding: Sendable, Hashable, Codable {
    public var scope: Scope
    /// The project's or the user's name; missing for the platform.
    public var owner: String?
    public var period: Period
    public var isOn: Bool
    public var limit: Money
    /// What was spent in the current period.
    public var spent: Money
    /// What is held back for requests under way.
    public var reserved: Money
    /// When the next period begins, in UTC milliseconds.
    public var resetsAt: Int64
    /// Why it was turned off.
    public var reason: String?
    /// The name of the user who made it what it is.
    public var by: String?
    public var changedAt: Int64
}
