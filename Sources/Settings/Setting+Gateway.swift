import Accounts
import Cascade

extension Setting {
    /// How many requests a layer may make to providers in a minute.
    public static let requestRate = Setting(
        key: "gateway.requestsPerMinute",
        summary: "Requests to providers a minute. Each layer that sets it counts its own: all of a project's, a user's, everybody's.",
        standard: .integer(1_000_000), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(1...1_000_000))
}
