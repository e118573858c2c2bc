import Accounts

/// The body of `PUT /api/v1/budgets/{period}` and of its `/off`, `/on` and `/clear`.
public struct BudgetChange: Sendable, Codable {
    /// The scope to change.
    public var scope: Scope
    /// The project, for the project scope.
    public var project: String?
    /// The limit in dollars, as text.
    public var limit: String?
    /// What it reserves, when it is set; missing leaves it as it is.
    public var mode: String?
    /// The reason for turning it off.
    public var reason: String?

    /// Creates a body.
    public init(scope: Scope, project: String? = nil, limit: String? = nil, mode: String? = nil, reason: String? = nil) {
        self.scope = scope
        self.project = project
        self.limit = limit
        self.mode = mode
        self.reason = reason
    }
}
