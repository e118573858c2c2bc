import Accounts
import Metering
import Testing

@Suite("Budgets")
struct BudgetTests {
    /// When the day and the month of the fixture's clock are over.
    static let periods: [(Period, Int64, String)] = [
        (.day, 1_773_532_800_000, "2026-03-15"), (.month, 1_775_001_600_000, "2026-04-01"),
    ]

    private func owner(_ scope: Scope, in sam: MeteringFixture) -> (ScopeOwner, User) {
        switch scope {
        case .platform: (.platform, sam.owner)
        case .user: (.user(sam.member.id), sam.member)
        case .project: (.project(sam.project), sam.member)
        }
    }

    @Test("All that apply must hold, and the tightest refuses: it says whose it is and when it resets", arguments: Scope.allCases)
    func layers(tightest: Scope) async throws {
        for (period, resets, date) in Self.periods {
            try await MeteringFixture.with { sam in
                for (number, scope) in ([tightest] + Scope.allCases.filter { $0 != tightest }).enumerated() {
                    let (layer, actor) = owner(scope, in: sam)
                    try await sam.budgets.set(cents(100 * Int64(number + 1)), per: period, at: layer, by: actor)
                }
                let desk = try sam.desk()
                for _ in 0..<2 { #expect(try await desk.reserve(cents(40), for: RequestID(), of: sam.payer()).isGranted) }
                #expect(try await desk.reserve(cents(40), for: RequestID(), of: sam.payer()).isBusy, "What is held is not spent")
                guard case .refused(let sentence, let resetsAt) = try await desk.reserve(cents(101), for: RequestID(), of: sam.payer())
                else {
                    Issue.record("More was granted than there is")
                    return
                }
                let names = [Scope.platform: ["platform"], .user: ["your", "user", "kim"], .project: ["project", "shed"]]
                let namesIt = try #require(names[tightest]).contains { sentence.lowercased().contains($0) }
                #expect(namesIt, "\(sentence)")
                #expect(sentence.contains(date) && resetsAt == resets, "\(sentence)")
                // In every budget that applies, or in none.
                for scope in Scope.allCases {
                    #expect(try await sam.standing(scope, period, for: sam.member)?.reserved == cents(80), "\(scope)")
                }
                #expect(try await desk.reserve(cents(20), for: RequestID(), of: sam.payer()).isGranted, "To the last cent")
                #expect(try await !desk.reserve(Money(rawValue: 1), for: RequestID(), of: sam.payer()).isGranted)
            }
        }
    }

    @Test("Those that don't apply don't matter: another user's, another project's, or the project's outside of it")
    func others() async throws {
        try await MeteringFixture.with { sam in
            #expect(sam.payer(outside: true).owners == [.user(sam.member.id), .platform])
            #expect(sam.payer().owners == [.project(sam.project), .user(sam.member.id), .platform])
            let desk = try sam.desk()
            #expect(try await desk.reserve(cents(99_999), for: RequestID(), of: sam.payer()).isGranted, "No budget, no limit")
            try await sam.budgets.set(cents(1), per: .day, at: .user(sam.stranger.id), by: sam.stranger)
            #expect(try await desk.reserve(cents(99_999), for: RequestID(), of: sam.payer()).isGranted)
            try await sam.budgets.set(cents(1), per: .day, at: .project(sam.project), by: sam.member)
            #expect(try await desk.reserve(cents(99_999), for: RequestID(), of: sam.payer(outside: true)).isGranted)
            #expect(try await !desk.reserve(cents(2), for: RequestID(), of: sam.payer()).isGranted)
        }
    }

    @Test("Turned off it holds nothing back and keeps its amount; on again it counts all that was spent; cleared it is gone")
    func offAndOn() async throws {
        try await MeteringFixture.with { sam in
            let layer = ScopeOwner.user(sam.member.id)
            let desk = try sam.desk()
            let ledger = try sam.ledger()
            try await sam.spend(cents(60), in: ledger)
            try await sam.budgets.set(cents(100), per: .month, at: layer, by: sam.member)
            #expect(try await sam.standing(.user, for: sam.member)?.spent == cents(60), "What was spent before counts")
            #expect(try await !desk.reserve(cents(41), for: RequestID(), of: sam.payer()).isGranted)

            try await sam.budgets.turn(on: false, .month, at: layer, reason: "a conference", by: sam.member)
            let off = try #require(try await sam.standing(.user, for: sam.member))
            #expect(!off.isOn && off.limit == cents(100) && off.reason == "a conference" && off.by == "kim" && off.owner == "kim")
            #expect(off.changedAt == TestClock.noon && off.resetsAt == 1_775_001_600_000)
            #expect(try await desk.reserve(cents(5_000), for: RequestID(), of: sam.payer()).isGranted)
            try await sam.spend(cents(30), in: ledger)

            try await sam.budgets.turn(on: true, .month, at: layer, reason: nil, by: sam.member)
            let on = try #require(try await sam.standing(.user, for: sam.member))
            #expect(on.isOn && on.limit == cents(100) && on.spent == cents(90))
            #expect(try await !desk.reserve(cents(11), for: RequestID(), of: sam.payer()).isGranted)

            try await sam.budgets.clear(.month, at: layer, by: sam.member)
            #expect(try await sam.budgets.list(for: sam.member).isEmpty)
            #expect(try await desk.reserve(cents(5_000), for: RequestID(), of: sam.payer()).isGranted)
            let error = await #expect(throws: MeteringError.self) { try await sam.budgets.clear(.month, at: layer, by: sam.member) }
            #expect(error?.code == .notFound)
            await #expect(throws: MeteringError.self) {
                try await sam.budgets.turn(on: false, .day, at: layer, reason: nil, by: sam.member)
            }
        }
    }

    @Test("The end of a request gives back what was held and books what it cost, in every budget that applies")
    func settled() async throws {
        try await MeteringFixture.with { sam in
            for scope in Scope.allCases {
                let (layer, actor) = owner(scope, in: sam)
                for period in Period.allCases { try await sam.budgets.set(cents(100), per: period, at: layer, by: actor) }
            }
            let desk = try sam.desk()
            let ledger = try sam.ledger()
            let request = sam.request(reserved: cents(90))
            #expect(try await desk.reserve(cents(90), for: request.id, of: request.payer).isGranted)
            try ledger.open(request)
            #expect(try await !desk.reserve(cents(11), for: RequestID(), of: sam.payer()).isGranted)
            ledger.settle(UsageEntry(request, cost: cents(5)))
            await ledger.flush()
            let standings = try await sam.budgets.list(for: sam.member)
            #expect(standings.count == 6 && standings.allSatisfy { $0.reserved == .zero && $0.spent == cents(5) }, "\(standings)")
            #expect(try await desk.reserve(cents(95), for: RequestID(), of: sam.payer()).isGranted)
        }
    }

    @Test("A new period begins with nothing spent")
    func newPeriod() async throws {
        try await MeteringFixture.with { sam in
            for period in Period.allCases { try await sam.budgets.set(cents(100), per: period, at: .user(sam.member.id), by: sam.member) }
            let ledger = try sam.ledger()
            try await sam.spend(cents(80), in: ledger)
            sam.clock.pass(TestClock.day)
            #expect(try await sam.standing(.user, .day, for: sam.member)?.spent == .zero)
            #expect(try await sam.standing(.user, .month, for: sam.member)?.spent == cents(80))
            let desk = try sam.desk()
            #expect(try await !desk.reserve(cents(30), for: RequestID(), of: sam.payer()).isGranted, "The month's holds still")
            sam.clock.pass(30 * TestClock.day)
            #expect(try await desk.reserve(cents(100), for: RequestID(), of: sam.payer()).isGranted)
        }
    }

    @Test("When four fifths are spent, who owns it is told, once in a period", arguments: Scope.allCases)
    func nearlySpent(scope: Scope) async throws {
        try await MeteringFixture.with { sam in
            let (layer, actor) = owner(scope, in: sam)
            try await sam.budgets.set(cents(100), per: .month, at: layer, by: actor)
            let ledger = try sam.ledger()
            func told(_ user: User) async throws -> Int {
                let all = try await sam.accounts.notifications(for: user.id)
                return all.filter { $0.kind == .budgetNearlySpent }.count
            }
            func expect(_ count: Int, _ what: String) async throws {
                #expect(try await told(sam.member) == (scope == .platform ? 0 : count), "\(what)")
                #expect(try await told(sam.owner) == (scope == .user ? 0 : count), "\(what)")
                #expect(try await told(sam.stranger) == 0, "\(what)")
            }
            try await sam.spend(cents(79), in: ledger)
            try await expect(0, "not yet")
            try await sam.spend(cents(1), in: ledger)
            try await expect(1, "exactly four fifths")
            for _ in 0..<3 { try await sam.spend(cents(10), in: ledger) }
            try await expect(1, "more, and beyond the limit")
            sam.clock.pass(31 * TestClock.day)
            try await sam.spend(cents(95), in: ledger)
            try await expect(2, "the next month")
        }
    }
}
