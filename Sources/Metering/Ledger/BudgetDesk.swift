import Accounts
import Store

/// The result of asking for a reservation.
public enum Reservation: Sendable, Hashable {
    /// The money is reserved.
    case granted
    /// A budget is spent or too small for the request. The sentence says which one and when it resets; `resetsAt` is in UTC milliseconds.
    case refused(sentence: String, resetsAt: Int64)
    /// The missing money is reserved for open requests; a retry may succeed after this many seconds.
    case busy(sentence: String, seconds: Int)
    /// The caller's task was cancelled.
    case calledOff
}

/// Reserves money for requests before they are sent, so that concurrent requests can't overspend a budget.
///
/// Requests that arrive during a transaction share the next one. A request that has to wait for money reserved by others waits here,
/// first come, first served, and reserves nothing. All waiting requests are judged again when this process frees money, and every second for changes by
/// other processes.
public actor BudgetDesk {
    private struct Waiter {
        var request: BudgetRequest
        var until: ContinuousClock.Instant
        var isCalledOff = false
        var answer: CheckedContinuation<Reservation, any Error>
    }

    private let ledger: UsageLedger
    private let clock: @Sendable () -> ContinuousClock.Instant
    private var waiters: [Waiter] = []
    private var isLooking = false
    private var looksAgain = false
    private var isTicking = false

    /// The most requests that wait for one budget; more are refused as busy at once.
    static let waitersLimit = 1_000
    /// Seconds until a client that waited in vain may retry.
    private static let retrySeconds = 5

    /// Creates the desk. A ledger has one.
    ///
    /// - Parameter clock: measures how long requests wait.
    public init(ledger: UsageLedger, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.ledger = ledger
        self.clock = clock
        Task { [weak self, freed = ledger.freed.follow()] in
            for await _ in freed {
                guard let self else { return }
                await wake()
            }
        }
    }

    /// Reserves an amount in every budget that applies, or in none. Waits while others hold the money; cancelling the task calls
    /// the request off.
    ///
    /// - Parameters:
    ///   - amount: the most that the request may cost.
    ///   - kind: the kind of request, for budgets that reserve the typical cost.
    ///   - timeout: how long the request may wait.
    /// - Throws: `StoreError`; nothing is reserved then, unless the outcome of the commit is unknown.
    public func reserve(
        _ amount: LayeredMoney, for request: RequestID, like kind: RequestKind? = nil, of payer: Payer, timeout: Duration = .zero
    ) async throws -> Reservation {
        let until = clock() + timeout
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { answer in
                guard !Task.isCancelled else { return answer.resume(returning: .calledOff) }
                waiters.append(
                    Waiter(request: BudgetRequest(id: request, payer: payer, amount: amount, kind: kind), until: until, answer: answer))
                look()
            }
        } onCancel: {
            Task { await self.callOff(request) }
        }
    }

    /// Judges the waiting requests again.
    public func wake() {
        if !waiters.isEmpty { look() }
    }

    /// The number of waiting requests.
    var waiting: Int { waiters.count }

    private func callOff(_ request: RequestID) {
        guard let index = waiters.firstIndex(where: { $0.request.id == request }) else { return }
        waiters[index].isCalledOff = true
        look()
    }

    private func look() {
        looksAgain = true
        guard !isLooking else { return }
        isLooking = true
        Task { await lookWhileAsked() }
    }

    private func lookWhileAsked() async {
        while looksAgain {
            looksAgain = false
            dismiss { $0.isCalledOff ? .calledOff : nil }
            guard !waiters.isEmpty else { break }
            let now = clock()
            for index in waiters.indices { waiters[index].request.isPatient = waiters[index].until > now }
            let requests = waiters.map(\.request)
            do {
                answer(try await ledger.judge(requests))
            } catch {
                // Requests that were already waiting stay: the next transaction may succeed.
                fail(Set(requests.filter { !$0.isWaiting || !$0.isPatient }.map(\.id)), error)
            }
        }
        isLooking = false
        tick()
    }

    private func answer(_ verdicts: [RequestID: BudgetVerdict]) {
        dismiss { waiter in
            switch verdicts[waiter.request.id] {
            case nil: nil
            case .granted: .granted
            case .refused(let sentence, let resetsAt): .refused(sentence: sentence, resetsAt: resetsAt)
            case .waits(let sentence, let place):
                if waiter.isCalledOff {
                    .calledOff
                } else if !waiter.request.isPatient || place > Self.waitersLimit && !waiter.request.isWaiting {
                    .busy(sentence: sentence, seconds: Self.retrySeconds)
                } else {
                    nil
                }
            }
        }
        for index in waiters.indices where verdicts[waiters[index].request.id] != nil { waiters[index].request.isWaiting = true }
    }

    /// Resumes the waiters that have an answer; the others keep waiting in order.
    private func dismiss(_ answer: (Waiter) -> Reservation?) {
        var rest: [Waiter] = []
        for waiter in waiters {
            if let reservation = answer(waiter) { waiter.answer.resume(returning: reservation) } else { rest.append(waiter) }
        }
        waiters = rest
    }

    private func fail(_ requests: Set<RequestID>, _ error: any Error) {
        for waiter in waiters where requests.contains(waiter.request.id) { waiter.answer.resume(throwing: error) }
        waiters.removeAll { requests.contains($0.request.id) }
    }

    /// Judges again after a pause, as long as requests wait.
    private func tick() {
        guard !isTicking, let first = waiters.map(\.until).min() else { return }
        isTicking = true
        let pause = min(max(first - clock(), .milliseconds(10)), .seconds(1))
        Task { [weak self] in
            do { try await Task.sleep(for: pause) } catch { return }
            await self?.ticked()
        }
    }

    private func ticked() {
        isTicking = false
        wake()
    }
}
