import Accounts
import Cascade
import Metering

/// The budgets that a request has to hold, for display: all of them must, and the one with the least left is the tightest.
public typealias BudgetExplanation = Explanation<Scope, ExplainedPeriod, ExplainedBudget>

/// What a budget's explanation is about.
public struct ExplainedPeriod: Sendable, Hashable, Codable {
    /// The period.
    public var period: Period
    /// What is left for another request; missing when no budget applies.
    public var left: Money?
}

/// The budget of a layer, in an explanation. All of it is missing where the layer has none.
public struct ExplainedBudget: Sendable, Hashable, Codable {
    /// The project's or the user's name.
    public var owner: String?
    /// The limit, also while it is off.
    public var limit: Money?
    /// How much it reserves for a request.
    public var mode: BudgetMode?
    /// Spent in the current period.
    public var spent: Money?
    /// Reserved for open requests.
    public var reserved: Money?
    /// When the current period ends, in UTC milliseconds.
    public var resetsAt: Int64?
    /// The IANA name of the time zone in which the period ends.
    public var timeZone: String?
}

extension BudgetExplanation {
    /// Explains the budgets of one period.
    ///
    /// - Parameter budgets: the budgets of the layers that apply, at most one for each.
    init(_ period: Period, _ budgets: [BudgetStanding], inProject: Bool) {
        let scopes = Scope.allCases.filter { inProject || $0 != .project }
        let standings = scopes.map { scope in budgets.first { $0.scope == scope } }
        let resolution = resolveCeiling(
            zip(scopes, standings).map { scope, budget in Layered(scope, Self.entry(budget)) }, inactive: .inherit, tighten: min)
        let layers = zip(standings, resolution.trace).map { budget, step in
            var layer = ExplainedLayer(
                step,
                ExplainedBudget(
                    owner: budget?.owner, limit: budget?.limit, mode: budget?.mode, spent: budget?.spent, reserved: budget?.reserved,
                    resetsAt: budget?.resetsAt, timeZone: budget?.timeZone))
            (layer.by, layer.at, layer.reason) = (budget?.by, budget?.changedAt, budget?.reason)
            return layer
        }
        let tightest = resolution.outcome.layer.flatMap { scope in budgets.first { $0.scope == scope } }
        self.init(
            ExplainedPeriod(period: period, left: tightest?.left), outcome: ExplainedOutcome(resolution.outcome),
            scope: resolution.outcome.layer, sentence: Self.sentence(period, tightest, all: budgets), layers: layers)
    }

    private static func entry(_ budget: BudgetStanding?) -> Entry<Money, String, Never> {
        guard let budget else { return .absent }
        return budget.isOn ? .active(budget.left) : .inactive(budget.reason ?? "")
    }

    private static func sentence(_ period: Period, _ tightest: BudgetStanding?, all: [BudgetStanding]) -> String {
        guard let tightest else {
            return all.isEmpty
                ? "No budget a \(period.rawValue) applies. Set one with: sam budget set"
                : "No budget a \(period.rawValue) applies: what was set is turned off."
        }
        let resets = LocalTime(zone: tightest.timeZone).text(tightest.resetsAt)
        return
            "\(tightest.left.text) is left of the budget a \(period.rawValue) at the \(tightest.scope.rawValue) scope, the tightest, until \(resets)."
    }
}

extension BudgetStanding {
    /// What another request may cost.
    fileprivate var left: Money { max(.zero, limit - spent - reserved) }
}
