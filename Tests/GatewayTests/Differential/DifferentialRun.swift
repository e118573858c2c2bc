import Accounts
import Credentials
import Foundation
import Gateway
import Metering
import Synchronization
import TestSupport
import Testing

/// Lets exchanges happen, several at once, and keeps what came of them.
struct DifferentialRun: Sendable {
    struct Result: Sendable {
        var plan: ExchangePlan
        /// `nil` when the request never came to the provider.
        var sending: Sending?
        var arrivals: Int
        var answer: RawMessage?
        var rows: [BookedRow]

        func complaints(_ book: PriceBook = .published) -> [Complaint] {
            guard let sending else {
                return [
                    Complaint(
                        kind: "never asked", vendor: plan.deal.vendor,
                        text: "\(plan.id): never asked: \(answer.map { "\($0.start)" } ?? "")")
                ]
            }
            var judgement = Judgement(plan, sending, book: book)
            judgement.judge(rows)
            judgement.judgeWire(answer, arrivals: arrivals)
            return judgement.complaints
        }
    }

    let plans: [ExchangePlan]
    private let place = Shared(0)
    private let outcomes = Shared<[Int: (key: String, answer: RawMessage?)]>([:])

    private final class Shared<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    init(_ plans: [ExchangePlan]) { self.plans = plans }

    func results(_ fixture: GatewayFixture, atOnce: Int = 12) async throws -> [Result] {
        for vendor in Vendor.allCases where vendor.isCustom {
            let provider = try Provider(parsing: "custom-\(vendor.rawValue)")
            try await fixture.set(GatewayFixture.secret(provider.rawValue), for: provider, at: .platform)
            try await fixture.point(provider, at: fixture.upstream.url)
        }
        for (model, rates) in PriceBook.ownOfProject {
            try await ProjectPriceBook(store: fixture.store, accounts: fixture.accounts, now: { GatewayFixture.now })
                .set(Rates(rates), of: model, in: fixture.project, by: fixture.owner)
        }
        // More than all of them cost: what is held must be free again, and what is spent be what was booked.
        try await fixture.limit("1000000", at: .project(fixture.project))
        let upstream = PlannedUpstream(plans)
        let door = try await fixture.network()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await upstream.serve(fixture.upstream) }
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for _ in 0..<atOnce { clients.addTask { try await work(fixture, door, upstream) } }
                try await clients.waitForAll()
            }
            try await settle(fixture, upstream)
            group.cancelAll()
        }
        let rows = try await BookedRow.all(fixture.store)
        let standing = try #require(try await fixture.budgets.list(for: fixture.owner).first)
        let booked = rows.values.joined().reduce(0) { $0 + ($1.projectCost ?? $1.cost) }
        #expect(standing.reserved == .zero && Int(standing.spent.rawValue) == booked)
        let outcomes = outcomes.value.withLock { $0 }
        return plans.map { plan in
            let outcome = outcomes[plan.number]
            return Result(
                plan: plan, sending: upstream.sending(plan.number), arrivals: upstream.arrivals(plan.number), answer: outcome?.answer,
                rows: outcome.flatMap { rows[$0.key] } ?? [])
        }
    }

    /// Waits until what is left of the answers is read, also of those whose clients left. What never comes, the judge names.
    private func settle(_ fixture: GatewayFixture, _ upstream: PlannedUpstream) async throws {
        let awaited = plans.filter { plan in
            guard let sending = upstream.sending(plan.number) else { return false }
            if case .nothing = Judgement(plan, sending).verdict() { return false }
            return true
        }
        let keys = Set(outcomes.value.withLock { outcomes in awaited.compactMap { outcomes[$0.number]?.key } })
        _ = try? await eventually("all rows") {
            await fixture.ledger.flush()
            return keys.isSubset(of: try await BookedRow.keys(fixture.store)) ? () : nil
        }
    }

    // MARK: - Clients

    /// One client after another on one connection, as long as that stands.
    private func work(_ fixture: GatewayFixture, _ door: Door, _ upstream: PlannedUpstream) async throws {
        var wire: RawWire?
        while let plan = next() {
            let made = try await fixture.gateway.leases.makeKey(
                named: "exchange \(plan.number)", project: fixture.project, provider: nil, for: fixture.member)
            outcomes.value.withLock { $0[plan.number] = (made.key.id.rawValue, nil) }
            let connection = if let wire { wire } else { try await door.connect() }
            let answer = try await ask(plan, token: made.token.text, door, connection, upstream)
            outcomes.value.withLock { $0[plan.number]?.answer = answer }
            // Nobody has a thousand keys at once.
            _ = try await fixture.gateway.leases.revokeKey(made.key.id.rawValue, by: fixture.member)
            let isOver =
                plan.leaves != nil || plan.response != nil || answer?.isWhole != true
                || answer?.values("connection").contains("close") == true
            if isOver { await connection.close() }
            wire = isOver ? nil : connection
        }
        await wire?.close()
    }

    private func next() -> ExchangePlan? {
        place.value.withLock { place in
            guard place < plans.count else { return nil }
            defer { place += 1 }
            return plans[place]
        }
    }

    private func ask(
        _ plan: ExchangePlan, token: String, _ door: Door, _ wire: RawWire, _ upstream: PlannedUpstream
    ) async throws -> RawMessage? {
        var headers = [
            RawHeader("Authorization", "Bearer \(token)"), RawHeader(PlannedUpstream.header, "\(plan.number)"),
            RawHeader("Content-Type", "application/json"), RawHeader("Content-Length", "\(plan.body.count)"),
        ]
        if plan.requestCoding != .identity { headers.append(RawHeader("Content-Encoding", plan.requestCoding.name)) }
        if let accepts = plan.accepts { headers.append(RawHeader("Accept-Encoding", accepts)) }
        try await wire.send(RawClient.request("POST", door.prefix + plan.path, headers, body: plan.body))
        guard let leaves = plan.leaves else {
            let answer = try? await wire.message(answering: "POST")
            return plan.response == nil ? answer : try await fetch(plan, token: token, door, wire)
        }
        _ = try await eventually("\(plan.id) at the provider") {
            let isOver = upstream.sending(plan.number)?.isOver == true || wire.current.hasEnded
            return isOver || (upstream.arrivals(plan.number) > 0 && wire.current.count >= leaves.after) ? () : nil
        }
        // The gateway may have been first to close.
        if leaves.resets { try? await wire.reset() }
        return nil
    }

    /// Fetches a response in the background until it is over, and once more.
    private func fetch(_ plan: ExchangePlan, token: String, _ door: Door, _ wire: RawWire) async throws -> RawMessage? {
        var answer: RawMessage?
        var wire = wire
        let headers =
            [RawHeader("Authorization", "Bearer \(token)"), RawHeader(PlannedUpstream.header, "\(plan.number)")]
            + (plan.accepts.map { [RawHeader("Accept-Encoding", $0)] } ?? [])
        for _ in 1..<plan.asks {
            if answer?.values("connection").contains("close") == true {
                await wire.close()
                wire = try await door.connect()
            }
            try await wire.send(RawClient.request("GET", door.prefix + plan.path + "/" + (plan.response ?? ""), headers))
            answer = try await wire.message(answering: "GET")
        }
        await wire.close()
        return answer
    }
}

extension Rates {
    /// Every published rate is a whole number of billionths of a dollar a million tokens.
    fileprivate init(_ rates: PublishedRates) {
        self.init(
            input: Int64(rates.input) * 1_000, cacheRead: Int64(rates.read) * 1_000, cacheWrite: Int64(rates.write) * 1_000,
            cacheWriteLong: Int64(rates.writeLong) * 1_000, output: Int64(rates.output) * 1_000)
    }
}
