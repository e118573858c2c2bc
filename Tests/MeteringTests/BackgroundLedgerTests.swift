import Accounts
import Store
import Testing

@testable import Metering

@Suite("A response in the background")
struct BackgroundLedgerTests {
    private static let day: Int64 = 86_400_000

    /// A request whose money is held back, left in the background.
    private func begin(
        _ sam: MeteringFixture, _ ledger: UsageLedger, _ payer: Payer? = nil, model: String = "claude-opus-4-5", tier: String? = nil,
        leaves: Bool = true
    ) async throws -> OpenRequest {
        try await sam.budgets.set(cents(1_000), per: .month, at: .user(sam.member.id), by: sam.member)
        var request = sam.request(payer, model: model, reserved: cents(50))
        request.tier = tier
        #expect(try await sam.desk(ledger).reserve(cents(50), for: request.id, of: request.payer).isGranted)
        try ledger.open(request)
        if leaves { ledger.leave(request, response: "resp_1") }
        return request
    }

    /// What whoever fetches it was told.
    private func fetched(_ sam: MeteringFixture, _ payer: Payer? = nil, reasons: Set<EstimateReason> = []) -> UsageEntry {
        UsageEntry(
            request: OpenRequest(id: RequestID(), payer: payer ?? sam.payer(), at: sam.clock.now), status: 200, model: "claude-opus-4-5",
            usage: TokenUsage(input: 100, output: 20), cost: cents(7), state: reasons.isEmpty ? .exact : .estimated, reasons: reasons,
            milliseconds: 0)
    }

    private func lines(_ sam: MeteringFixture) async throws -> [(id: String, cost: Int, state: String, why: String?)] {
        try await sam.store.read { transaction in
            try transaction.query("SELECT * FROM usage ORDER BY at").map {
                (try $0.text("request_id"), try $0.integer("cost_nano"), try $0.text("state"), try $0.optionalText("why"))
            }
        }
    }

    private func reserved(_ sam: MeteringFixture) async throws -> Money? { try await sam.standing(.user, for: sam.member)?.reserved }

    @Test("Its money stays held back until it is fetched, and it is booked once, for the request that began it")
    func once() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let request = try await begin(sam, ledger)
            await ledger.flush()
            #expect(try await lines(sam).isEmpty)
            #expect(try await reserved(sam) == cents(50))
            for _ in 0..<3 { ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: true)) }
            await ledger.flush()
            ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: true))
            await ledger.flush()
            let lines = try await lines(sam)
            #expect(lines.map(\.id) == [request.id.rawValue] && lines.map(\.state) == ["exact"])
            #expect(lines.map(\.cost) == [Int(cents(7).rawValue)])
            #expect(try await reserved(sam) == .zero)
            #expect(try await sam.standing(.user, for: sam.member)?.spent == cents(7))
        }
    }

    /// Somebody who did not begin it.
    enum Other: CaseIterable, Sendable { case session, project, user, key, provider, response }

    @Test("Another's fetch does not book it", arguments: Other.allCases)
    func others(other: Other) async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let request = try await begin(sam, ledger)
            var payer = request.payer
            switch other {
            case .session: payer.session = "s_2"
            case .project: payer.project = nil
            case .user: payer.user = sam.stranger.id
            case .key: (payer.session, payer.key) = (nil, "k_9")
            case .provider: payer.provider = "custom-house"
            case .response: break
            }
            ledger.settle(fetched(sam, payer), of: FetchedResponse(id: other == .response ? "resp_2" : "resp_1", isBackground: true))
            await ledger.flush()
            #expect(try await lines(sam).isEmpty)
            #expect(try await reserved(sam) == cents(50))
            ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: true))
            await ledger.flush()
            #expect(try await lines(sam).count == 1)
        }
    }

    @Test("Two servers write its end and its fetching in any order, and it is booked once", arguments: [true, false], [true, false])
    func order(isFetchedFirst: Bool, isOfKey: Bool) async throws {
        try await MeteringFixture.with { sam in
            let (one, other) = (try sam.ledger(), try sam.ledger(spool: "other", try sam.otherBudgets()))
            let request = try await begin(sam, one, sam.payer(outside: isOfKey))
            var stranger = request.payer
            stranger.key = "k_9"
            other.settle(fetched(sam, stranger), of: FetchedResponse(id: "resp_1", isBackground: true))
            other.settle(fetched(sam, request.payer), of: FetchedResponse(id: "resp_1", isBackground: true))
            for ledger in isFetchedFirst ? [other, one] : [one, other] { await ledger.flush() }
            for _ in 0..<2 {
                let lines = try await lines(sam)
                #expect(lines.map(\.id) == [request.id.rawValue] && lines.map(\.state) == ["exact"])
                #expect(lines.map(\.cost) == [Int(cents(7).rawValue)])
                #expect(try await reserved(sam) == .zero)
                // A spool that is read again changes nothing.
                other.settle(fetched(sam, request.payer), of: FetchedResponse(id: "resp_1", isBackground: true))
                one.note(.left(request, response: "resp_1"))
                await other.flush()
                await one.flush()
            }
            sam.clock.pass(Self.day)
            try await other.bookUnfetched()
            #expect(try await sam.rows()["fetched_responses"] == [])
            #expect(try await lines(sam).count == 1)
        }
    }

    @Test("A fetch is kept for another server's request only if the response says that it ran in the background")
    func ordinary() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            for number in 1...20 { ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_o\(number)", isBackground: false)) }
            await ledger.flush()
            #expect(try await sam.rows()["fetched_responses"] == [])
            let request = try await begin(sam, ledger)
            ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: false))
            await ledger.flush()
            #expect(try await lines(sam).map(\.id) == [request.id.rawValue], "The row tells enough")
            #expect(try await reserved(sam) == .zero)
        }
    }

    /// An answer that names no tier.
    struct Tierless: Sendable {
        var asked: String?
        /// How many times the usual price it costs.
        var factor: Int64
    }

    @Test(
        "An answer without a tier costs the dearer one of the usual tier and the one that was asked for, as an estimate",
        arguments: [
            Tierless(asked: nil, factor: 1), Tierless(asked: "auto", factor: 1), Tierless(asked: "flex", factor: 1),
            Tierless(asked: "priority", factor: 2),
        ], [true, false])
    func tier(answer: Tierless, isFetchedFirst: Bool) async throws {
        try await MeteringFixture.with { sam in
            let (one, other) = (try sam.ledger(), try sam.ledger(spool: "other", try sam.otherBudgets()))
            var payer = sam.payer()
            payer.provider = "openai"
            let request = try await begin(sam, one, payer, tier: answer.asked)
            var entry = fetched(sam, request.payer)
            entry.model = "gpt-5.4"
            entry.usage = TokenUsage(input: 1_000, output: 500)
            let usual = sam.prices.quote(of: entry.model, at: "openai").price.cost(of: entry.usage)
            entry.cost = usual
            other.settle(entry, of: FetchedResponse(id: "resp_1", isBackground: true, lacksTier: true))
            for ledger in isFetchedFirst ? [other, one] : [one, other] { await ledger.flush() }
            let line = try #require(try await lines(sam).first)
            #expect(line.cost == Int(usual.rawValue * answer.factor))
            let isSure = ServiceTier.name(answer.asked) == nil
            #expect(line.state == (isSure ? "exact" : "estimated") && line.why == (isSure ? nil : "tier"))
        }
    }

    /// A way in which the usage of a request remains unknown.
    enum Unknown: String, CaseIterable { case unfetched, untold, implausible, ended }

    /// A requested tier, and how many times the usual price its estimate costs.
    static let tiers: [(name: String?, factor: Int)] = [(nil, 1), ("default", 1), ("flex", 1), ("priority", 2)]

    @Test(
        "An estimate without any usage costs the dearer one of the usual tier and the one that was asked for",
        arguments: Unknown.allCases, tiers)
    func unknown(_ way: Unknown, _ tier: (name: String?, factor: Int)) async throws {
        try await MeteringFixture.with { sam in
            var payer = sam.payer()
            payer.provider = "openai"
            do {
                let ledger = try sam.ledger()
                let request = try await begin(sam, ledger, payer, model: "gpt-5.4", tier: tier.name, leaves: way != .ended)
                if way != .ended { await ledger.flush() }
                switch way {
                case .unfetched: sam.clock.pass(30 * Self.day)
                case .untold, .implausible:
                    let reason = way == .untold ? EstimateReason.untold : .implausible
                    ledger.settle(fetched(sam, request.payer, reasons: [reason]), of: FetchedResponse(id: "resp_1", isBackground: true))
                case .ended: break
                }
                if way != .ended { await ledger.flush() }
            }
            let ledger = try sam.ledger()
            try await ledger.recover()
            try await ledger.bookUnfetched()
            let line = try #require(try await lines(sam).first)
            // 4,000 bytes and a limit of 1,000 tokens.
            let usual = sam.prices.quote(of: "gpt-5.4", at: "openai").price.cost(of: TokenUsage(input: 1_001, output: 1_000))
            #expect(line.cost == Int(usual.rawValue) * tier.factor)
            let isUsual = ServiceTier.name(tier.name) == nil
            #expect(line.why?.split(separator: ",").sorted() == ([way.rawValue] + (isUsual ? [] : ["tier"])).map { $0[...] }.sorted())
            #expect(line.state == (way == .ended ? "unsettled" : "estimated"))
            #expect(try await reserved(sam) == .zero)
        }
    }

    @Test(
        "A project's own price for the model that was asked for counts whatever name the response gives it",
        arguments: ["gpt-5.5", "gpt-5.5-2026-10-01", "gpt-5.5-latest", "house-alias-7"], [true, false])
    func ownPrice(answered: String, isFetchedFirst: Bool) async throws {
        try await MeteringFixture.with { sam in
            let book = ProjectPriceBook(store: sam.store, accounts: sam.accounts, now: { [clock = sam.clock] in clock.now })
            try await book.set(Rates(input: 1_000_000_000, output: 10_000_000_000), of: "gpt-5.5", in: sam.project, by: sam.member)
            try await sam.budgets.set(cents(1_000), per: .month, at: .project(sam.project), by: sam.member)
            let (one, other) = (try sam.ledger(), try sam.ledger(spool: "other", try sam.otherBudgets()))
            var payer = sam.payer()
            payer.provider = "openai"
            let request = try await begin(sam, one, payer, model: "gpt-5.5")
            var entry = fetched(sam, request.payer)
            (entry.model, entry.usage) = (answered, TokenUsage(input: 1_000, output: 500))
            // $1 and $10 a million tokens, and a search and a tool call.
            other.settle(entry, of: FetchedResponse(id: "resp_1", isBackground: true, extras: cents(3)))
            for ledger in isFetchedFirst ? [other, one] : [one, other] { await ledger.flush() }
            #expect(try await sam.standing(.project, for: sam.member)?.spent == Money(rawValue: 6_000_000) + cents(3))
            #expect(try await sam.standing(.user, for: sam.member)?.spent == cents(7), "By the list")
        }
    }

    @Test("A payer's oldest fetches make room for new ones, and those of others stay")
    func limited() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            ledger.settle(fetched(sam, sam.payer(outside: true)), of: FetchedResponse(id: "resp_other", isBackground: true))
            ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_old", isBackground: true))
            await ledger.flush()
            sam.clock.pass(1)
            let limit = BackgroundResponses.fetchLimit
            for number in 1..<limit { ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_n\(number)", isBackground: true)) }
            ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: true))
            await ledger.flush()
            let rows = try #require(try await sam.rows()["fetched_responses"])
            #expect(rows.count == limit + 1)
            #expect(rows.contains { $0.contains("resp_other") } && !rows.contains { $0.contains("resp_old") })
            _ = try await begin(sam, ledger)
            await ledger.flush()
            #expect(try await lines(sam).map(\.state) == ["exact"], "The newest is still there")
        }
    }

    @Test(
        "It survives SAM's death at any moment, and is never taken for a request that was under way", arguments: [true, false],
        [true, false])
    func death(isWritten: Bool, isFetched: Bool) async throws {
        try await MeteringFixture.with { sam in
            let request: OpenRequest
            do {
                let ledger = try sam.ledger()
                request = try await begin(sam, ledger)
                if isWritten { await ledger.flush() }
                if isFetched { ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: true)) }
            }
            let ledger = try sam.ledger()
            for _ in 0..<2 {
                try await ledger.recover()
                await ledger.flush()
                #expect(try await lines(sam).count == (isFetched ? 1 : 0))
                #expect(try await reserved(sam) == (isFetched ? .zero : cents(50)))
            }
            ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: true))
            await ledger.flush()
            let lines = try await lines(sam)
            #expect(lines.map(\.id) == [request.id.rawValue] && lines.map(\.state) == ["exact"])
            #expect(try await reserved(sam) == .zero)
        }
    }

    @Test("One of a session that is never fetched is booked as an estimate at the session's end, and no fetching after that counts")
    func sessionEnd() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let request = try await begin(sam, ledger)
            await ledger.flush()
            sam.clock.pass(3 * Self.day)
            try await ledger.bookUnfetched()
            #expect(try await lines(sam).isEmpty, "The session goes on")
            try await sam.store.write { [now = sam.clock.now] in
                try UsageLedger.endBackground(of: "s_other", now: now, in: $0)
                try UsageLedger.endBackground(of: "s_1", now: now, in: $0)
            }
            try await ledger.bookUnfetched()
            ledger.settle(fetched(sam), of: FetchedResponse(id: "resp_1", isBackground: true))
            await ledger.flush()
            let lines = try await lines(sam)
            #expect(lines.map(\.id) == [request.id.rawValue] && lines.map(\.state) == ["estimated"] && lines.map(\.why) == ["unfetched"])
            #expect(lines.allSatisfy { $0.cost > 0 })
            #expect(try await reserved(sam) == .zero)
        }
    }

    @Test("One of a person's key is waited for for a day")
    func key() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            _ = try await begin(sam, ledger, sam.payer(outside: true))
            await ledger.flush()
            sam.clock.pass(Self.day - 1)
            try await ledger.bookUnfetched()
            #expect(try await lines(sam).isEmpty)
            sam.clock.pass(1)
            try await ledger.bookUnfetched()
            #expect(try await lines(sam).map(\.why) == ["unfetched"])
            #expect(try await reserved(sam) == .zero)
        }
    }

    @Test("One that is told to be over, and not what it used, is an estimate of the request that began it")
    func untold() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            _ = try await begin(sam, ledger)
            ledger.settle(fetched(sam, reasons: [.untold]), of: FetchedResponse(id: "resp_1", isBackground: true))
            await ledger.flush()
            let lines = try await lines(sam)
            #expect(lines.map(\.why) == ["untold"] && lines.map(\.state) == ["estimated"])
            #expect(lines.allSatisfy { $0.cost != Int(cents(7).rawValue) && $0.cost > 0 })
        }
    }

    @Test("After a restore those of sessions are booked: their sessions are over")
    func restored() async throws {
        try await MeteringFixture.with { sam in
            do {
                let ledger = try sam.ledger()
                _ = try await begin(sam, ledger)
                await ledger.flush()
            }
            try await sam.store.write { try UsageLedger.forgetHolders(in: $0) }
            let ledger = try sam.ledger(spool: "other")
            try await ledger.recover()
            try await ledger.bookUnfetched()
            #expect(try await lines(sam).map(\.why) == ["unfetched"])
            #expect(try await reserved(sam) == .zero)
        }
    }
}
