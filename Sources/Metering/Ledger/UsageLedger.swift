import Accounts
import Foundation
import Logging
import Store
import Synchronization
import Wording

/// The book of what requests used: written once each, in batches, off the path of the requests.
///
/// A request is in the spool before it is made and after it has ended, until the database has it. So a death of the process
/// loses nothing that was settled, and leaves those under way marked as ``UsageEntry/State/unsettled``. Safe to share;
/// ``open(_:)`` and ``settle(_:)`` may be called on event loops: they append a short line to a file and wait for nothing else.
public final class UsageLedger: Sendable {
    private struct State: ~Copyable {
        var spool: UsageSpool
        var open: [RequestID: OpenRequest] = [:]
        var settled: [UsageEntry] = []
    }

    private let state: Mutex<State>
    /// The batch that is being written, which the next one waits for: what is in neither memory nor the database is in the spool.
    private let writing = Mutex<Task<Void, Never>?>(nil)
    let budgets: Budgets
    private let holder: String
    private let logger: Logger
    public let prices: PriceList
    public let counters = UsageCounters()

    /// A spool that holds nothing but requests under way is written anew when it is longer than this.
    private static let compactionLimit = 1 << 20

    /// Opens the ledger.
    ///
    /// - Parameters:
    ///   - spool: the path of the spool, this process's alone.
    ///   - holder: whose reservations are looked after; the same after a restart.
    /// - Throws: ``MeteringError/Code/spool``.
    public init(budgets: Budgets, prices: PriceList, spool: String, holder: String, logger: Logger) throws {
        state = Mutex(State(spool: try UsageSpool(path: spool)))
        self.budgets = budgets
        self.prices = prices
        self.holder = holder
        self.logger = logger
    }

    /// A request is about to be made.
    ///
    /// - Throws: ``MeteringError/Code/spool``; the request must not be made then.
    public func open(_ request: OpenRequest) throws(MeteringError) {
        try state.withLock { state throws(MeteringError) in
            try state.spool.append(.opened(request))
            state.open[request.id] = request
        }
    }

    /// A request is over. The first word on it counts; another changes nothing.
    public func settle(_ entry: UsageEntry) {
        let isNew = state.withLock { state in
            guard state.open.removeValue(forKey: entry.request.id) != nil else { return false }
            // A full disk must not lose it: it is in memory, and goes into the database from there.
            try? state.spool.append(.settled(entry))
            state.settled.append(entry)
            return true
        }
        if isNew { counters.count(entry) }
    }

    /// Takes in what a process that died has left, and lets go of what it held back for requests that were never made.
    /// To be called once, before the first request.
    ///
    /// - Throws: `StoreError`; ``MeteringError``.
    public func recover() async throws {
        let lines = state.withLock { $0.spool.lines() }
        var open: [RequestID: OpenRequest] = [:]
        var entries: [UsageEntry] = []
        for line in lines {
            switch line {
            case .opened(let request): open[request.id] = request
            case .settled(let entry):
                open[entry.request.id] = nil
                entries.append(entry)
            }
        }
        entries += open.values.map { UsageEntry.unsettled($0, prices: prices) }
        let left = entries
        try await budgets.store.write { [holder] transaction in
            try Self.book(left, transaction)
            for row in try transaction.query("SELECT * FROM reservations WHERE holder = $1", holder) {
                let amount = Money(rawValue: Int64(try row.integer("amount_nano")))
                let payer = try Payer(
                    user: row.parsed("user_id"), project: try row.optionalText("project_id").map(ProjectID.init(rawValue:)),
                    session: nil, key: nil, provider: "", scope: nil, credential: nil)
                var sums = SpendingSums()
                for owner in payer.owners { sums.add(reserved: .zero - amount, to: owner, at: Int64(try row.integer("made_at"))) }
                try sums.write(transaction)
            }
            try transaction.execute("DELETE FROM reservations WHERE holder = $1", holder)
        }
        try state.withLock { state throws(MeteringError) in try state.spool.compact(to: []) }
        if !open.isEmpty {
            logger.notice(
                "\(open.count.of("request was", "requests were")) under way when SAM died; \(open.count == 1 ? "it is" : "they are") marked as unsettled."
            )
        }
    }

    /// Writes batches until the task is cancelled, and then the last one.
    public func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            await flush()
        }
        await Task { await flush() }.value
    }

    /// Writes what has ended since the last time. When it returns, everything that was settled before is in the database, if the
    /// database takes it.
    public func flush() async {
        let task = writing.withLock { writing in
            let previous = writing
            let next = Task {
                await previous?.value
                await write()
            }
            writing = next
            return next
        }
        await task.value
    }

    private func write() async {
        let batch = state.withLock { state in
            defer { state.settled = [] }
            return state.settled
        }
        do {
            if !batch.isEmpty {
                try await budgets.store.write { [budgets] transaction in
                    try Self.book(batch, transaction)
                    let owners = Set(batch.flatMap(\.request.payer.owners))
                    for owner in owners { try Self.warn(owner, budgets, transaction) }
                }
            }
            try state.withLock { state throws(MeteringError) in
                let isIdle = state.open.isEmpty && state.settled.isEmpty && state.spool.bytes > 0
                guard isIdle || state.spool.bytes > Self.compactionLimit else { return }
                try state.spool.compact(to: state.open.values.map(SpoolLine.opened) + state.settled.map(SpoolLine.settled))
            }
        } catch {
            logger.error("Usage can't be stored now and is kept: \(error)")
            state.withLock { $0.settled = batch + $0.settled }
        }
    }

    // MARK: - Rows

    /// Writes entries, their reservations' ends, and what their owners have spent. A repeat changes nothing.
    private static func book(_ entries: [UsageEntry], _ transaction: any Transaction) throws {
        var sums = SpendingSums()
        for entry in entries { try book(entry, &sums, transaction) }
        try sums.write(transaction)
    }

    private static func book(_ entry: UsageEntry, _ sums: inout SpendingSums, _ transaction: any Transaction) throws {
        let request = entry.request
        let payer = request.payer
        let usage = entry.usage
        let written = try transaction.execute(
            """
            INSERT INTO usage (request_id, at, user_id, project_id, session_id, key_id, provider, scope, credential_id, model, status, input,
                cache_read, cache_write, cache_write_long, output, reasoning, web_searches, cost_nano, state, milliseconds)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
            ON CONFLICT (request_id) DO NOTHING
            """,
            request.id, request.at, payer.user, payer.project, payer.session, payer.key, payer.provider, payer.scope, payer.credential,
            entry.model.map(SpoolLine.clean), entry.status, usage.input, usage.cacheRead, usage.cacheWrite, usage.cacheWriteLong,
            usage.output, usage.reasoning, usage.webSearches, entry.cost, entry.state, entry.milliseconds)
        guard written > 0 else { return }
        for owner in payer.owners { sums.add(settled: entry.cost, to: owner, at: request.at) }
        guard request.reserved > .zero else { return }
        let reservation = try transaction.first(
            "DELETE FROM reservations WHERE request_id = $1 RETURNING amount_nano, made_at", request.id)
        guard let reservation else { return }
        // Given back to the period that it was taken from, which may be over.
        let (amount, time) = (Money(rawValue: Int64(try reservation.integer("amount_nano"))), Int64(try reservation.integer("made_at")))
        for owner in payer.owners { sums.add(reserved: .zero - amount, to: owner, at: time) }
    }

    /// Tells the owner of a budget once that four fifths of it are spent.
    private static func warn(_ owner: ScopeOwner, _ budgets: Budgets, _ transaction: any Transaction) throws {
        let now = budgets.now()
        for budget in try budgets.budgets(of: owner, transaction) where budget.isOn && budget.limit > .zero {
            let spending = try Spending.of(owner, budget.period, at: now, transaction)
            guard !spending.isWarned, spending.settled.rawValue >= budget.limit.rawValue / 10 * 8 else { continue }
            try transaction.execute(
                "UPDATE spending SET warned = 1 WHERE scope = $1 AND owner = $2 AND period = $3 AND starts_at = $4",
                owner.scope, owner.owner, budget.period, budget.period.interval(of: now).start)
            try budgets.accounts.notify(
                owner, .budgetNearlySpent, "\(owner.scope.rawValue):\(budget.period.rawValue)",
                """
                \(spending.settled.text) of the \(owner.scope.rawValue)'s budget of \(budget.limit.text) a \(budget.period.rawValue) are \
                spent. When nothing is left, requests are refused until the next \(budget.period.rawValue) begins.
                """, in: transaction)
        }
    }
}
