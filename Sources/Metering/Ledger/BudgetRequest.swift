import Accounts

/// A request that asks for a reservation.
struct BudgetRequest: Sendable, Hashable {
    var id: RequestID
    var payer: Payer
    /// The most that it may cost.
    var amount: LayeredMoney
    var kind: RequestKind?
    /// Whether it may still wait. One that may not blocks no other.
    var isPatient = true
    /// Whether it was already told to wait.
    var isWaiting = false

    /// The amounts that it needs at a layer.
    func need(at owner: ScopeOwner, typical: LayeredMoney) -> BudgetRoom.Need {
        BudgetRoom.Need(most: amount.at(owner), typical: min(typical.at(owner), amount.at(owner)))
    }
}

/// Identifies a budget.
struct BudgetKey: Sendable, Hashable {
    var owner: ScopeOwner
    var period: Period
}

extension LayeredMoney {
    /// Whether it is zero or less at every layer.
    public var isZero: Bool { platform <= .zero && (project ?? .zero) <= .zero }

    /// The larger of its amounts.
    public var greatest: Money { max(platform, project ?? platform) }
}
