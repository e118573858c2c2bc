import Accounts
import Store

/// The decision of the budgets about a request.
enum BudgetVerdict: Sendable, Hashable {
    case granted
    case refused(sentence: String, resetsAt: Int64)
    /// There is room once other requests end. `place` is the length of the queue, including this request.
    case waits(sentence: String, place: Int)
}

extension UsageLedger {
    /// Judges requests in order, in one transaction, and makes the reservations of those that are granted.
    ///
    /// - Throws: `StoreError`; nothing is reserved then.
    func judge(_ requests: [BudgetRequest]) async throws -> [RequestID: BudgetVerdict] {
        try await budgets.store.write { [self] transaction in
            let now = budgets.now()
            let zones = try budgets.zones(in: transaction)
            var turn = BudgetTurn()
            var sums = SpendingSums(zones)
            var verdicts: [RequestID: BudgetVerdict] = [:]
            var holder: String?
            for request in requests {
                do {
                    try load(request.payer.owners, into: &turn, at: now, zones, transaction)
                } catch let error as MeteringError where error.code == .unreadable {
                    // An unreadable row of one layer must not refuse the other requests of the transaction.
                    verdicts[request.id] = .refused(sentence: error.message, resetsAt: now)
                    continue
                }
                let typical =
                    turn.isTypical(request.payer.owners) ? try costs.typical(request, at: now, in: transaction) : request.amount
                switch turn.judge(request, typical: typical) {
                case .granted:
                    guard !request.amount.isZero else { break }
                    if holder == nil { holder = try self.holder.beat(at: now, in: transaction) }
                    try hold(request, typical, holder ?? "", at: now, &sums, transaction)
                case .refused(let lack):
                    verdicts[request.id] = .refused(
                        sentence: lack.refusal(at: now, zones), resetsAt: lack.room.budget.period.interval(of: now, in: zones).end)
                    continue
                case .waits(let lack):
                    verdicts[request.id] = .waits(sentence: lack.delay, place: turn.queue(at: lack.keys))
                    continue
                }
                verdicts[request.id] = .granted
            }
            try sums.write(transaction)
            return verdicts
        }
    }

    /// Reads the room in the layers' budgets, once for all requests.
    private func load(
        _ owners: [ScopeOwner], into turn: inout BudgetTurn, at now: Int64, _ zones: BudgetZones, _ transaction: any Transaction
    ) throws {
        for owner in owners where !turn.knows(owner) {
            let rooms = try budgets.limits(of: owner, transaction).map { budget in
                let start = budget.period.interval(of: now, in: zones).start
                let spending = try Spending.of(owner, budget.period, from: start, transaction)
                return BudgetRoom(budget: budget, settled: spending.settled, reserved: spending.reserved, typical: spending.typical)
            }
            turn.add(rooms, of: owner)
        }
    }

    private func hold(
        _ request: BudgetRequest, _ typical: LayeredMoney, _ holder: String, at now: Int64, _ sums: inout SpendingSums,
        _ transaction: any Transaction
    ) throws {
        for owner in request.payer.owners {
            let need = request.need(at: owner, typical: typical)
            sums.add(reserved: need.most, typical: need.typical, to: owner, at: now)
        }
        let least = LayeredMoney(
            min(typical.platform, request.amount.platform), project: request.amount.project.map { min(typical.project ?? $0, $0) })
        try transaction.execute(
            """
            INSERT INTO reservations (request_id, holder, user_id, project_id, amount_nano, project_amount_nano, typical_nano,
                project_typical_nano, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, request.id, holder, request.payer.user, request.payer.project, request.amount.platform, request.amount.project,
            least.platform,
            least.project, now)
    }
}

extension BudgetTurn.Lack {
    private var whose: String { "The \(scope.rawValue)'s budget of \(room.budget.limit.text) a \(room.budget.period.rawValue)" }

    private var cost: String { room.budget.mode == .strict ? "may cost" : "usually costs" }

    /// The message for a request that does not fit whatever ends.
    fileprivate func refusal(at now: Int64, _ zones: BudgetZones) -> String {
        let left = max(room.budget.limit - room.settled, .zero).text
        let reason =
            room.budget.mode == .typical && room.settled + need.typical <= room.budget.limit
            ? "this request may cost \(need.most.text), which would pass 110 % of it"
            : "this request \(cost) \(room.amount(of: need).text)"
        return """
            \(whose) has \(left) left, and \(reason). It resets at \(room.budget.period.reset(after: now, in: zones)). \
            Its owner can raise it with: sam budget set
            """
    }

    /// The message for a request that waited in vain.
    fileprivate var delay: String {
        """
        \(whose) has \(max(room.budget.limit - room.settled, .zero).text) left, of which \(room.held.text) is held for requests under \
        way, and this request \(cost) \(room.amount(of: need).text). Try again when some of them have ended.
        """
    }
}
