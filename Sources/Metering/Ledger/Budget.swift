import Accounts
import Store

/// How much a budget reserves for a request before it is sent.
public enum BudgetMode: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    /// The most that the request may cost, so that spending never exceeds the limit, except for costs that a request doesn't show.
    case strict
    /// The 95th percentile of the cost of similar requests, if at least 50 are known; otherwise the most that the request may cost.
    /// Spending plus the most that all open requests may cost stays within 110 % of the limit, with the same exception.
    case typical
}

/// A spending limit of a layer for each period.
public struct Budget: Sendable, Hashable {
    /// The layer's owner.
    public var owner: ScopeOwner
    /// The period that the limit is for.
    public var period: Period
    /// The most that may be spent in a period.
    public var limit: Money
    /// How much it reserves for a request.
    public var mode: BudgetMode
    /// Whether it applies. A budget that is off keeps its limit and reserves nothing.
    public var isOn: Bool
    /// Why it was turned off.
    public var reason: String?
    /// The user who last changed it.
    public var changedBy: UserID
    /// When it was last changed, in UTC milliseconds.
    public var changedAt: Int64

    init(_ owner: ScopeOwner, _ row: Row) throws {
        self.owner = owner
        period = try row.parsed("period")
        limit = Money(rawValue: Int64(try row.integer("limit_nano")))
        mode = try row.parsed("mode")
        isOn = try row.text("state") == "active"
        reason = try row.optionalText("reason")
        changedBy = try row.parsed("changed_by")
        changedAt = Int64(try row.integer("changed_at"))
    }
}

/// A budget with its current spending, for display.
public struct BudgetStanding: Sendable, Hashable, Codable {
    /// The layer's scope.
    public var scope: Scope
    /// The project's or the user's name; missing for the platform.
    public var owner: String?
    /// The period that the limit is for.
    public var period: Period
    /// Whether it applies.
    public var isOn: Bool
    /// The most that may be spent in a period.
    public var limit: Money
    /// How much it reserves for a request.
    public var mode: BudgetMode
    /// Spent in the current period.
    public var spent: Money
    /// Reserved for open requests; in `typical` mode their typical cost.
    public var reserved: Money
    /// When the current period ends, in UTC milliseconds.
    public var resetsAt: Int64
    /// The IANA name of the time zone in which the period ends.
    public var timeZone: String
    /// Why it was turned off.
    public var reason: String?
    /// The name of the user who last changed it.
    public var by: String?
    /// When it was last changed, in UTC milliseconds.
    public var changedAt: Int64
}
