import Accounts
import Cascade

extension Setting {
    /// The rate limit of a layer's requests to providers.
    public static let requestRate = Setting(
        key: "gateway.requestsPerMinute",
        summary: "Requests to providers a minute. Each layer that sets it counts its own: all of a project's, a user's, everybody's.",
        standard: .integer(1_000_000), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(1...1_000_000))

    /// What happens under a budget to requests whose cost can't be told beforehand. Off means that they are refused.
    public static let unmeteredPaths = Setting(
        key: "gateway.unmeteredPaths",
        summary: "Under a budget, requests whose cost can't be told beforehand (batches, audio, unknown paths): refuse or estimate.",
        standard: .text("refuse"), mode: .ceiling, whenOff: .force(.text("refuse")), scopes: Scope.allCases,
        kind: .choice(["refuse", estimateUnmetered]))

    /// The value of ``unmeteredPaths`` that lets them through.
    public static let estimateUnmetered = "estimate"

    /// What happens to a request for a model that has no price.
    public static let unpricedModels = Setting(
        key: "gateway.unpricedModels",
        summary: "Requests for models without a price: estimate what they cost, or refuse them.",
        standard: .text(estimateUnpriced), mode: .override, whenOff: .inherit, scopes: Scope.allCases,
        kind: .choice([refuseUnpriced, estimateUnpriced]))

    /// The word by which models without a price are refused.
    public static let refuseUnpriced = "refuse"
    private static let estimateUnpriced = "estimate"

    /// How long a request waits for money that is held for others.
    public static let budgetWait = Setting(
        key: "gateway.budgetWaitSeconds",
        summary: "Seconds that a request waits while the rest of a budget is held for requests under way. 0: never.",
        standard: .integer(60), mode: .ceiling, whenOff: .inherit, scopes: [.platform], kind: .integer(0...600))

    /// Where the days and months of budgets begin at midnight.
    public static let budgetTimeZone = Setting(
        key: "budgets.timeZone",
        summary: "The time zone at whose midnight a budget's day and month begin, like Europe/Berlin; from the next day and month on.",
        standard: .text("UTC"), mode: .override, whenOff: .inherit, scopes: [.platform], kind: .timeZone, isDated: true)
}
