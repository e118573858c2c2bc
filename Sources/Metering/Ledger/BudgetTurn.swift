import Accounts
import Cascade

/// Judges all requests once, in order of arrival: each is granted, waits or is refused.
///
/// Requests don't overtake at a budget: behind a waiting request all later ones wait, even smaller ones. At budgets with enough room a
/// request blocks no other. The decisions change only this value.
struct BudgetTurn {
    enum Verdict: Sendable, Hashable {
        case granted
        /// It would not fit even with nothing reserved.
        case refused(Lack)
        /// It fits once reservations end.
        case waits(Lack)
    }

    /// The tightest budget for a request.
    struct Lack: Sendable, Hashable {
        var scope: Scope
        var room: BudgetRoom
        var need: BudgetRoom.Need
        /// The budgets at which the request waits.
        var keys: [BudgetKey] = []
    }

    /// The room in each layer's budgets, including those that are off.
    private var layers: [ScopeOwner: [BudgetRoom]] = [:]
    /// The number of requests waiting at each budget.
    private var waiting: [BudgetKey: Int] = [:]

    func knows(_ owner: ScopeOwner) -> Bool { layers[owner] != nil }

    mutating func add(_ rooms: [BudgetRoom], of owner: ScopeOwner) { layers[owner] = rooms }

    /// Whether a budget of these layers reserves the typical cost.
    func isTypical(_ owners: [ScopeOwner]) -> Bool {
        owners.contains { layers[$0]?.contains { $0.budget.isOn && $0.budget.mode == .typical } ?? false }
    }

    /// The longest queue at these budgets.
    func queue(at keys: [BudgetKey]) -> Int { keys.map { waiting[$0] ?? 0 }.max() ?? 0 }

    /// Judges the next request and takes the money if it is granted.
    mutating func judge(_ request: BudgetRequest, typical: LayeredMoney) -> Verdict {
        let owners = request.payer.owners
        if let lack = tightestAtRest(request, typical) { return .refused(lack) }
        guard !request.amount.isZero else { return .granted }
        var lacks: [(key: BudgetKey, lack: Lack)] = []
        for owner in owners {
            let need = request.need(at: owner, typical: typical)
            for room in layers[owner] ?? [] where room.budget.isOn {
                let key = BudgetKey(owner: owner, period: room.budget.period)
                // Behind others it waits even if there is room for it alone.
                guard waiting[key] != nil || room.lack(need) > .zero else { continue }
                lacks.append((key, Lack(scope: owner.scope, room: room, need: need)))
            }
        }
        if var lack = lacks.map(\.lack).max(by: { $0.room.lack($0.need) < $1.room.lack($1.need) }) {
            lack.keys = lacks.map(\.key)
            if request.isPatient { for key in lack.keys { waiting[key, default: 0] += 1 } }
            return .waits(lack)
        }
        for owner in owners {
            let need = request.need(at: owner, typical: typical)
            for index in layers[owner]?.indices ?? 0..<0 { layers[owner]?[index].take(need) }
        }
        return .granted
    }

    /// The budget that lacks most with nothing reserved: the cascade resolved in ceiling mode. Budgets that are off don't count.
    private func tightestAtRest(_ request: BudgetRequest, _ typical: LayeredMoney) -> Lack? {
        func lack(_ lack: Lack) -> Money { lack.room.lackAtRest(lack.need) }
        let layers = request.payer.owners.map { owner in
            let need = request.need(at: owner, typical: typical)
            let rooms = self.layers[owner] ?? []
            let entry: Entry<Lack, UserID, Never> =
                rooms.filter(\.budget.isOn).map { Lack(scope: owner.scope, room: $0, need: need) }
                .max { lack($0) < lack($1) }.map(Entry.active)
                ?? rooms.first.map { .inactive($0.budget.changedBy) } ?? .absent
            return Layered(owner.scope, entry)
        }
        let resolution = resolveCeiling(layers, inactive: .inherit) { lack($0) >= lack($1) ? $0 : $1 }
        guard case .found(let found, at: _) = resolution.outcome, lack(found) > .zero else { return nil }
        return found
    }
}
