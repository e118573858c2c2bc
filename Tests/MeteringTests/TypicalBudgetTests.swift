import Accounts
import Fuzzing
import Testing

@testable import Metering

@Suite("Budgets that reserve the typical cost", .timeLimit(.minutes(10)))
struct TypicalBudgetTests {
    private static func kind(_ sam: MeteringFixture) -> RequestKind? { sam.request().kind }

    /// Books requests of the fixture's kind that cost so much.
    private func book(_ costs: [Money], in ledger: UsageLedger, _ sam: MeteringFixture, status: Int = 200) async throws {
        for cost in costs {
            let request = sam.request()
            try ledger.open(request)
            var entry = UsageEntry(request, cost: cost)
            entry.status = status
            ledger.settle(entry)
        }
        await ledger.flush()
    }

    private func reserve(_ amount: Money, at desk: BudgetDesk, _ sam: MeteringFixture) async throws -> Reservation {
        try await desk.reserve(LayeredMoney(amount), for: RequestID(), like: Self.kind(sam), of: sam.payer())
    }

    @Test(
        "Requests are alike by provider, model and the order of magnitude of their size and limit",
        arguments: [
            ("anthropic", "a", 4_000, 1_000, true), ("anthropic", "a", 9_999, 9_999, true), ("anthropic", "a", 10_000, 1_000, false),
            ("anthropic", "a", 4_000, 999, false), ("anthropic", "a", 4_000, nil, false), ("anthropic", "b", 4_000, 1_000, false),
            ("openai", "a", 4_000, 1_000, false),
        ] as [(String, String, Int, Int?, Bool)])
    func kinds(provider: String, model: String, bytes: Int, limit: Int?, isAlike: Bool) {
        let one = RequestKind(provider: "anthropic", model: "a", requestBytes: 1_000, outputLimit: 1_000)
        #expect((RequestKind(provider: provider, model: model, requestBytes: bytes, outputLimit: limit) == one) == isAlike)
        #expect(RequestKind(provider: provider, model: nil, requestBytes: bytes, outputLimit: limit) == nil)
    }

    @Test(
        "The 95th percentile is the cost that 95 of 100 do not pass; fewer than 50 tell nothing",
        arguments: [(49, nil), (50, 48), (60, 57), (100, 95), (1_000, 950)] as [(Int, Int64?)])
    func percentile(count: Int, expected: Int64?) {
        let costs = (1...count).map { Money(rawValue: Int64($0)) }.shuffled()
        #expect(TypicalCosts.percentile(costs)?.rawValue == expected)
    }

    @Test("Fewer than 50 such requests count as in a strict budget; from then on it holds what they cost, and follows them")
    func follows() async throws {
        try await MeteringFixture.with { sam in
            let layer = ScopeOwner.user(sam.member.id)
            try await sam.budgets.set(cents(100_000), mode: .typical, per: .month, at: layer, by: sam.member)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            try await book(Array(repeating: cents(2), count: 49), in: ledger, sam)
            // Errors that cost nothing tell nothing of others.
            try await book(Array(repeating: .zero, count: 60), in: ledger, sam, status: 529)
            #expect(try await reserve(cents(300), at: desk, sam).isGranted)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(300))
            try await book([cents(2)], in: ledger, sam)
            #expect(try await reserve(cents(300), at: desk, sam).isGranted)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(302))
            try await book(Array(repeating: cents(7), count: 10), in: ledger, sam)
            #expect(try await reserve(cents(300), at: desk, sam).isGranted)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(309), "Booked since it was first asked for")
            // Another process knows them by the database alone.
            let other = try sam.desk(try sam.otherBudgets())
            #expect(try await reserve(cents(300), at: other, sam).isGranted)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(316))
            #expect(try await reserve(cents(1), at: desk, sam).isGranted)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(317), "Never more than the most that it may cost")
            // Set again without a mode it keeps the one that it has; strict it counts the most.
            try await sam.budgets.set(cents(100_000), per: .month, at: layer, by: sam.member)
            #expect(try await sam.standing(.user, for: sam.member)?.mode == .typical)
            try await sam.budgets.set(cents(100_000), mode: .strict, per: .month, at: layer, by: sam.member)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(1_201))
        }
    }

    @Test("More run at once than in a strict one, and the most that they may cost stays within 110 %; then they wait")
    func bounds() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            try await book(Array(repeating: cents(1), count: 60), in: ledger, sam)
            let layer = ScopeOwner.project(sam.project)
            try await sam.budgets.set(cents(1_060), mode: .typical, per: .month, at: layer, by: sam.member)
            // $10 are left, $11.06 is the end. A request may cost $3, and three of them fit; with a strict budget as well.
            for _ in 0..<3 { #expect(try await reserve(cents(300), at: desk, sam).isGranted) }
            #expect(try await reserve(cents(206), at: desk, sam).isGranted, "To the last cent of 110 %")
            #expect(try await reserve(cents(1), at: desk, sam).isBusy)
            #expect(try await sam.standing(.project)?.reserved == cents(4))
            guard case .refused(let sentence, _) = try await reserve(cents(1_107), at: desk, sam) else {
                Issue.record("It can never fit")
                return
            }
            #expect(sentence.contains("110 %"), "\(sentence)")
            // What is usual must fit under the limit itself.
            try await sam.budgets.set(cents(61), mode: .typical, per: .month, at: layer, by: sam.member)
            #expect(try await reserve(cents(6), at: desk, sam).isBusy)
            try await sam.budgets.set(cents(60), mode: .typical, per: .month, at: layer, by: sam.member)
            #expect(try await reserve(cents(2), at: desk, sam).isRefused)
        }
    }

    @Test("However much dearer requests become than those before, no more than 110 % is spent", arguments: 0..<4)
    func adversarial(seed: UInt64) async throws {
        try await MeteringFixture.with { sam in
            var generator = SeededGenerator(seed: seed)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            try await book(Array(repeating: Money(rawValue: 1_000), count: 60), in: ledger, sam)
            try await sam.budgets.set(cents(1_000), mode: .typical, per: .month, at: .user(sam.member.id), by: sam.member)
            let sizes = (0..<400).map { _ in cents(Int64.random(in: 1...(Bool.random(using: &generator) ? 320 : 5), using: &generator)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for size in sizes {
                    group.addTask {
                        let request = sam.request(reserved: size)
                        let answer = try await desk.reserve(
                            LayeredMoney(size), for: request.id, like: request.kind, of: request.payer, timeout: .seconds(600))
                        guard answer.isGranted else { return #expect(answer.isRefused) }
                        try ledger.open(request)
                        await Task.yield()
                        // As much as it may cost.
                        ledger.settle(UsageEntry(request, cost: size))
                        await ledger.flush()
                    }
                }
                try await group.waitForAll()
            }
            let standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.reserved == .zero && standing.spent <= cents(1_100), "\(standing.spent.text)")
            #expect(standing.spent >= cents(680), "And it was used")
        }
    }

    @Test("What a project's own price makes of requests is known by that project's alone")
    func project() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            for number in 0..<60 {
                let request = sam.request()
                try ledger.open(request)
                var entry = UsageEntry(request, cost: cents(10))
                if number < 50 { entry.projectCost = cents(3) }
                ledger.settle(entry)
            }
            await ledger.flush()
            for (layer, user) in [(ScopeOwner.project(sam.project), sam.member), (.platform, sam.owner)] {
                try await sam.budgets.set(cents(100_000), mode: .typical, per: .month, at: layer, by: user)
            }
            let amount = LayeredMoney(cents(400), project: cents(90))
            #expect(try await desk.reserve(amount, for: RequestID(), like: Self.kind(sam), of: sam.payer()).isGranted)
            #expect(try await sam.standing(.project)?.reserved == cents(3))
            #expect(try await sam.standing(.platform)?.reserved == cents(10))
        }
    }
}
