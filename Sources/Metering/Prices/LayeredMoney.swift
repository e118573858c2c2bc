import Accounts

/// The cost, or the most it can be, of a request at each layer. A project's own prices count only at the project: they never loosen a
/// broader layer's budget.
public struct LayeredMoney: Sendable, Hashable {
    /// By the platform's prices, for the user's and the platform's budgets.
    public var platform: Money
    /// By the project's own prices, if it has any.
    public var project: Money?

    /// Creates an amount.
    public init(_ platform: Money, project: Money? = nil) {
        self.platform = platform
        self.project = project
    }

    /// The amount that counts at a layer.
    public func at(_ owner: ScopeOwner) -> Money { owner.scope == .project ? project ?? platform : platform }
}
