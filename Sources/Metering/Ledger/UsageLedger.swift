import Accounts
import Foundation
import Logging
import Store
import Synchronization
import Wording

/// The ledger of usage. Each request is written once, in batches, outside of the request's path.
///
/// A request is in the spool before it is sent and after it has ended, until the database has it. So a crash loses nothing that was
/// settled, and open requests are marked as ``UsageEntry/State/unsettled``. Thread-safe; ``open(_:)`` and ``settle(_:)`` may be called on
/// event loops: they append a short line to a file and wait for nothing else.
public final class UsageLedger: Sendable {
    private struct State: ~Copyable {
        var spool: UsageSpool
        var open: [RequestID: OpenRequest] = [:]
        /// The next batch, in order.
        var batch: [SpoolLine] = []

        /// Adds a change to the spool and the next batch.
        mutating func take(_ line: SpoolLine) {
            // With a full disk it stays in memory and is written to the database from there.
            try? spool.append(line)
            batch.append(line)
        }
    }

    private let state: Mutex<State>
    /// The batch that is being written; the next one waits for it. Data that is in neither memory nor the database is in the spool.
    private let writing = Mutex<Task<Void, Never>?>(nil)
    let budgets: Budgets
    let holder = ReservationHolder()
    private let watch = Mutex(HolderWatch())
    private let clock: @Sendable () -> ContinuousClock.Instant
    let costs = TypicalCosts()
    let freed = FreedMoney()
    private let logger: Logger
    /// The price list of the platform.
    public let prices: PriceList
    /// Running totals since the start.
    public let counters = UsageCounters()
    /// Warns of responses whose coding can't be read.
    public let codings: CodingWarnings

    /// A spool longer than this many bytes is compacted even while requests are open.
    private static let compactionLimit = 1 << 20

    /// Opens the ledger.
    ///
    /// - Parameters:
    ///   - spool: the path of the spool file, used by this process only.
    ///   - clock: measures how long other servers' heartbeats stay the same.
    /// - Throws: ``MeteringError/Code/spool``.
    public init(
        budgets: Budgets, prices: PriceList, spool: String, logger: Logger,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws {
        state = Mutex(State(spool: try UsageSpool(path: spool)))
        self.budgets = budgets
        self.prices = prices
        self.logger = logger
        self.clock = clock
        codings = CodingWarnings(logger: logger)
    }

    /// Records a request before it is sent.
    ///
    /// - Throws: ``MeteringError/Code/spool``; the request must not be sent then.
    public func open(_ request: OpenRequest) throws(MeteringError) {
        try state.withLock { state throws(MeteringError) in
            try state.spool.append(.opened(request))
            state.open[request.id] = request
        }
    }

    /// Ends a request. Only the first call for a request counts.
    public func settle(_ entry: UsageEntry) {
        if end(.settled(entry)) { counters.count(entry) }
    }

    /// Ends an open request.
    ///
    /// - Returns: whether it was open.
    @discardableResult
    func end(_ line: SpoolLine) -> Bool {
        state.withLock { state in
            guard state.open.removeValue(forKey: line.request) != nil else { return false }
            state.take(line)
            return true
        }
    }

    /// Keeps a change until it is written.
    func note(_ line: SpoolLine) { state.withLock { $0.take(line) } }

    /// Books a request that was answered before its body was complete, so that ``open(_:)`` was never called for it. Call it once.
    public func settleUnopened(_ entry: UsageEntry) {
        note(.settled(entry))
        counters.count(entry)
    }

    /// Releases a request that was not sent: its reservation is returned with the next batch that is written.
    public func release(_ request: RequestID) { note(.released(request)) }

    /// Books what a crashed process left in the spool, and releases the reservations of holders that a restore marked as dead. Call it once,
    /// before the first request.
    ///
    /// - Throws: `StoreError`; ``MeteringError``.
    public func recover() async throws {
        let lines = state.withLock { $0.spool.lines() }
        var open: [RequestID: OpenRequest] = [:]
        for line in lines {
            if case .opened(let request) = line { open[request.id] = request } else { open[line.request] = nil }
        }
        let batch = lines + open.values.map { .settled(UsageEntry.unsettled($0, prices: prices)) }
        try await budgets.store.write { [self] transaction in
            var sums = SpendingSums(try budgets.zones(in: transaction))
            _ = try book(batch, &sums, transaction)
            try ReservationHolder.reap(try ReservationHolder.forgotten(in: transaction), &sums, in: transaction)
            try sums.write(transaction)
        }
        try state.withLock { state throws(MeteringError) in try state.spool.compact(to: []) }
        if !open.isEmpty {
            logger.notice(
                "\(open.count.of("request was", "requests were")) under way when SAM died; \(open.count == 1 ? "it is" : "they are") marked as unsettled."
            )
        }
    }

    /// Writes this server's heartbeat and releases the reservations of dead holders. Call it every ``ReservationHolder/pause``.
    ///
    /// - Throws: `StoreError`.
    func beat() async throws {
        let known = watch.withLock { $0 }
        // The transaction may run more than once.
        let (seen, count) = try await budgets.store.write { [budgets, holder, clock] transaction in
            _ = try holder.beat(at: budgets.now(), in: transaction)
            var watch = known
            let dead = watch.look(at: try ReservationHolder.beats(in: transaction), now: clock())
            var sums = SpendingSums(try budgets.zones(in: transaction))
            let count = try ReservationHolder.reap(dead, &sums, in: transaction)
            try sums.write(transaction)
            return (watch, count)
        }
        watch.withLock { $0 = seen }
        if count > 0 {
            logger.notice("A server ended with money held for \(count.of("request")); it is free again.")
            freed.send()
        }
    }

    private func keepBeating() async {
        while !Task.isCancelled {
            do {
                try await beat()
            } catch {
                logger.error("The server can't show now that it lives: \(logWords(of: error))")
            }
            do { try await Task.sleep(for: ReservationHolder.pause) } catch { return }
        }
    }

    /// Writes batches and heartbeats until the task is cancelled, and then the last batch.
    public func run() async {
        async let beats: Void = keepBeating()
        await writeBatches()
        await beats
    }

    private func writeBatches() async {
        var looks = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            await flush()
            looks += 1
            if looks.isMultiple(of: 20) { await lookForUnfetched() }
        }
        await Task { await flush() }.value
    }

    /// Writes what has ended since the last batch. When it returns, everything settled before the call is in the database, unless the write
    /// failed; then it is kept for the next batch.
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
            defer { state.batch = [] }
            return state.batch
        }
        do {
            if !batch.isEmpty {
                let booked = try await book { _ in batch }
                for entry in booked where entry.isFetched { counters.count(entry.entry) }
            }
        } catch {
            logger.error("Usage can't be stored now and is kept: \(logWords(of: error))")
            state.withLock { $0.batch = batch + $0.batch }
            return
        }
        do {
            try state.withLock { state throws(MeteringError) in
                let isIdle = state.open.isEmpty && state.batch.isEmpty && state.spool.bytes > 0
                guard isIdle || state.spool.bytes > Self.compactionLimit else { return }
                try state.spool.compact(to: state.open.values.map(SpoolLine.opened) + state.batch)
            }
        } catch {
            logger.error("Usage is stored, but its file can't be shortened: \(logWords(of: error))")
        }
    }

    private func lookForUnfetched() async {
        do {
            try await bookUnfetched()
        } catch {
            logger.error("Background responses that were never fetched can't be booked now: \(logWords(of: error))")
        }
    }

    /// Writes the changes that a closure finds, and warns owners of nearly spent budgets.
    ///
    /// - Returns: the booked entries, and whether each is that of a background response.
    /// - Throws: `StoreError`.
    @discardableResult
    func book(
        _ find: @escaping @Sendable (any Transaction) throws -> [SpoolLine]
    ) async throws -> [(entry: UsageEntry, isFetched: Bool)] {
        let (booked, isFreed) = try await budgets.store.write { [self] transaction in
            let zones = try budgets.zones(in: transaction)
            var sums = SpendingSums(zones)
            let (booked, isFreed) = try book(try find(transaction), &sums, transaction)
            try sums.write(transaction)
            for owner in Set(booked.flatMap(\.entry.request.payer.owners)) { try Self.warn(owner, budgets, zones, transaction) }
            return (booked, isFreed)
        }
        costs.book(booked.map(\.entry))
        if isFreed { freed.send() }
        return booked
    }

    // MARK: - Rows

    /// Writes changes in order: entries, the ends of their reservations, and their owners' spending. A repeated change has no effect.
    ///
    /// - Returns: the entries, and whether reserved money was released.
    private func book(
        _ batch: [SpoolLine], _ sums: inout SpendingSums, _ transaction: any Transaction
    ) throws -> (booked: [(entry: UsageEntry, isFetched: Bool)], isFreed: Bool) {
        var booked: [(entry: UsageEntry, isFetched: Bool)] = []
        var isFreed = false
        for line in batch {
            let entry: UsageEntry?
            switch line {
            case .opened: entry = nil
            case .settled(let settled): entry = settled
            case .released(let request):
                entry = nil
                if try Self.giveBack(request, &sums, transaction) != nil { isFreed = true }
            case .left(let request, let response):
                entry = try BackgroundResponses.leave(request, response, prices, transaction)
            case .fetched(let fetched, let response):
                entry = try BackgroundResponses.fetch(fetched, response, at: budgets.now(), prices, transaction)
            }
            guard let entry else { continue }
            if try Self.book(entry, &sums, transaction) { isFreed = true }
            booked.append((entry, line != .settled(entry)))
        }
        return (booked, isFreed)
    }

    private static func book(_ entry: UsageEntry, _ sums: inout SpendingSums, _ transaction: any Transaction) throws -> Bool {
        let request = entry.request
        let payer = request.payer
        let usage = entry.usage
        let held = request.reserved > .zero ? try giveBack(request.id, &sums, transaction) : nil
        let madeAt = held?.madeAt
        // Of a request whose end nobody saw, its project pays what its own price can have come to at most.
        let isUnseen = !entry.reasons.isDisjoint(with: [.ended, .unfetched])
        let projectCost = entry.projectCost ?? (isUnseen ? held?.project.map { min($0, entry.cost) } : nil)
        // It counts in the period that granted it, also where it began before.
        let at = madeAt ?? request.at
        let written = try transaction.execute(
            """
            INSERT INTO usage (request_id, at, user_id, project_id, session_id, key_id, provider, scope, credential_id, model, status, input,
                cache_read, cache_write, cache_write_long, output, reasoning, web_searches, cost_nano, project_cost_nano, state,
                milliseconds, why, kind)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
            ON CONFLICT (request_id) DO NOTHING
            """,
            request.id, at, payer.user, payer.project, payer.session, payer.key, payer.provider, payer.scope, payer.credential,
            entry.model.map(SpoolLine.clean), entry.status, usage.input, usage.cacheRead, usage.cacheWrite, usage.cacheWriteLong,
            usage.output, usage.reasoning, usage.webSearches, entry.cost, projectCost, entry.state, entry.milliseconds,
            entry.reasons.text, entry.kind?.text)
        guard written > 0 else { return madeAt != nil }
        let cost = LayeredMoney(entry.cost, project: projectCost)
        for owner in payer.owners { sums.add(settled: cost.at(owner), to: owner, at: at) }
        return madeAt != nil
    }

    /// Returns the reservation of a request, if there still is one.
    ///
    /// - Returns: when it was taken, in UTC milliseconds, and what is held by the project's own price; `nil` when nothing is held.
    private static func giveBack(
        _ request: RequestID, _ sums: inout SpendingSums, _ transaction: any Transaction
    ) throws -> (madeAt: Int64, project: Money?)? {
        guard let row = try transaction.first("DELETE FROM reservations WHERE request_id = $1 RETURNING *", request) else { return nil }
        try sums.giveBack(row)
        return (Int64(try row.integer("made_at")), try row.optionalMoney("project_amount_nano"))
    }

    /// Warns the owner of a budget once when 80 % of it is spent.
    private static func warn(
        _ owner: ScopeOwner, _ budgets: Budgets, _ zones: BudgetZones, _ transaction: any Transaction
    ) throws {
        let now = budgets.now()
        for budget in try budgets.budgets(of: owner, transaction) where budget.isOn && budget.limit > .zero {
            let start = budget.period.interval(of: now, in: zones).start
            let spending = try Spending.of(owner, budget.period, from: start, transaction)
            guard !spending.isWarned, spending.settled.rawValue >= budget.limit.rawValue / 10 * 8 else { continue }
            try transaction.execute(
                "UPDATE spending SET warned = 1 WHERE scope = $1 AND owner = $2 AND period = $3 AND starts_at = $4",
                owner.scope, owner.owner, budget.period, start)
            try budgets.accounts.notify(
                owner, .budgetNearlySpent, "\(owner.scope.rawValue):\(budget.period.rawValue)",
                """
                \(spending.settled.text) of the \(owner.scope.rawValue)'s budget of \(budget.limit.text) a \(budget.period.rawValue) are \
                spent. When nothing is left, requests are refused until it resets at \(budget.period.reset(after: now, in: zones)).
                """, in: transaction)
        }
    }
}
