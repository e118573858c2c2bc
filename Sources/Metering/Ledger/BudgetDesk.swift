import Accounts
import Cascade
import Foundation
import Store

/// The answer to a wish for money.
public enum Reservation: Sendable, Hashable {
    case granted
    /// A budget is used up: a sentence that says whose, and when it begins anew, in UTC milliseconds.
    case refused(sentence: String, resetsAt: Int64)
}

/// Holds money back for requests before they are made, so that any number of them at once can't spend more than there is.
///
/// Wishes that come while a transaction is under way share the next one.
public actor BudgetDesk {
    private struct Wish: Sendable {
        var request: RequestID
        var payer: Payer
        var amount: Money
    }

    private let budgets: Budgets
    /// Whose reservations these are, so that another process's are left alone after a crash.
    private let holder: String
    private var waiting: [(wish: Wish, answer: CheckedContinuation<Reservation, any Error>)] = []
    private var isWriting = false

    /// Opens a desk.
    public init(budgets: Budgets, holder: String) {
        self.budgets = budgets
        self.holder = holder
    }

    /// Holds an amount back in every budget that applies, or in none.
    ///
    /// - Throws: `StoreError`; nothing is held back then.
    public func reserve(_ amount: Money, for request: RequestID, of payer: Payer) async throws -> Reservation {
        try await withCheckedThrowingContinuation { answer in
            waiting.append((Wish(request: request, payer: payer, amount: amount), answer))
            if !isWriting {
                isWriting = true
                Task { await write() }
            }
        }
    }

    /// Gives back what was held for a request that was not made.
    ///
    /// - Throws: `StoreError`.
    public func release(_ request: RequestID, of payer: Payer) async throws {
        try await budgets.store.write { transaction in
            let row = try transaction.first("DELETE FROM reservations WHERE request_id = $1 RETURNING amount_nano, made_at", request)
            guard let row else { return }
            let amount = Money(rawValue: Int64(try row.integer("amount_nano")))
            var sums = SpendingSums()
            for owner in payer.owners { sums.add(reserved: .zero - amount, to: owner, at: Int64(try row.integer("made_at"))) }
            try sums.write(transaction)
        }
    }

    private func write() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            let wishes = batch.map(\.wish)
            do {
                let answers = try await budgets.store.write { [budgets, holder] transaction in
                    try wishes.map { try Self.decide($0, budgets, holder, transaction) }
                }
                for (waiter, answer) in zip(batch, answers) { waiter.answer.resume(returning: answer) }
            } catch {
                for waiter in batch { waiter.answer.resume(throwing: error) }
            }
        }
        isWriting = false
    }

    private static func decide(
        _ wish: Wish, _ budgets: Budgets, _ holder: String, _ transaction: any Transaction
    ) throws -> Reservation {
        let now = budgets.now()
        let outcome: Outcome<Scope, Budgets.Room, UserID, Never>
        do {
            outcome = try budgets.room(for: wish.payer.owners, in: transaction).outcome
        } catch let error as MeteringError where error.code == .unreadable {
            // One layer's bad row is no reason to refuse others that are asked for in the same transaction.
            return .refused(sentence: error.message, resetsAt: now)
        }
        if case .found(let room, at: let scope) = outcome, room.left < wish.amount {
            let resets = room.budget.period.interval(of: now).end
            let day = Date(timeIntervalSince1970: Double(resets) / 1_000).formatted(.iso8601)
            return .refused(
                sentence: """
                    The \(scope.rawValue)'s budget of \(room.budget.limit.text) a \(room.budget.period.rawValue) has \
                    \(max(room.left, .zero).text) left, and this request may cost \(wish.amount.text). It begins anew at \(day). \
                    Whoever owns it can raise it with: sam budget set
                    """, resetsAt: resets)
        }
        guard wish.amount > .zero else { return .granted }
        var sums = SpendingSums()
        for owner in wish.payer.owners { sums.add(reserved: wish.amount, to: owner, at: now) }
        try sums.write(transaction)
        try transaction.execute(
            """
            INSERT INTO reservations (request_id, holder, user_id, project_id, amount_nano, made_at) VALUES ($1, $2, $3, $4, $5, $6)
            """, wish.request, holder, wish.payer.user, wish.payer.project, wish.amount, now)
        return .granted
    }
}
