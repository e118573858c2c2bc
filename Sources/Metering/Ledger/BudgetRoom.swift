import Accounts

/// The current spending and reservations of a budget, and whether a request fits.
struct BudgetRoom: Sendable, Hashable {
    /// The amounts that a request needs at a layer.
    struct Need: Sendable, Hashable {
        /// The most that it may cost.
        var most: Money
        /// What similar requests typically cost.
        var typical: Money
    }

    let budget: Budget
    var settled: Money
    /// The most that all open requests may cost.
    var reserved: Money
    /// What open requests typically cost.
    var typical: Money

    /// The amount reserved in the budget.
    var held: Money { budget.mode == .strict ? reserved : typical }

    /// The amount that a request needs.
    func amount(of need: Need) -> Money { budget.mode == .strict ? need.most : need.typical }

    /// How much is missing for a request; zero or less if it fits.
    func lack(_ need: Need) -> Money { lack(need, reserved: reserved, typical: typical) }

    /// How much would be missing with nothing reserved; above zero, waiting does not help.
    func lackAtRest(_ need: Need) -> Money { lack(need, reserved: .zero, typical: .zero) }

    private func lack(_ need: Need, reserved: Money, typical: Money) -> Money {
        let worst = settled + reserved + need.most
        switch budget.mode {
        case .strict: return worst - budget.limit
        case .typical: return max(settled + typical + need.typical - budget.limit, worst - budget.mostInTypicalMode)
        }
    }

    mutating func take(_ need: Need) {
        reserved = reserved + need.most
        typical = typical + need.typical
    }
}

extension Budget {
    /// In `typical` mode, spending plus the most that open requests may cost never exceeds this: 110 % of the limit.
    var mostInTypicalMode: Money { limit + Money(rawValue: limit.rawValue / 10) }
}
