import Accounts
import Testing

@testable import Metering

/// Law 11: any number of requests at once can't overshoot.
@Suite("A budget in a crowd")
struct BudgetCrowdTests {
    private func granted(_ count: Int, of amount: Money, at desks: [BudgetDesk], for payer: Payer) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<count {
                group.addTask { try await desks[number % desks.count].reserve(amount, for: RequestID(), of: payer).isGranted }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    @Test("Of a thousand requests at once, as many are granted as there is money for")
    func oneDesk() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .day, at: .platform, by: sam.owner)
            try await sam.budgets.set(cents(500), per: .month, at: .project(sam.project), by: sam.member)
            let desk = try sam.desk()
            #expect(try await granted(1_000, of: cents(3), at: [desk], for: sam.payer()) == 33)
            #expect(try await sam.standing(.platform, .day)?.reserved == cents(99))
            #expect(try await sam.standing(.project)?.reserved == cents(99))
        }
    }

    @Test(
        "Of a thousand requests at once, from 1 token to 128,000, everyone is served that only had to wait, and no more is spent than there is",
        arguments: [true, false])
    func sizes(mayWait: Bool) async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(600), per: .month, at: .user(sam.member.id), by: sam.member)
            try await sam.budgets.set(cents(700), per: .day, at: .platform, by: sam.owner)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            let served = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<1_000 {
                    // At $25 a million; what comes of it is a thousandth.
                    let tokens = [1, 128_000, 1 + (number * 7_919) % 128_000][number % 3]
                    let most = Money(rawValue: Int64(tokens) * 25_000)
                    group.addTask {
                        let request = sam.request(reserved: most)
                        while true {
                            let answer = try await desk.reserve(
                                most, for: request.id, of: request.payer, timeout: mayWait ? .seconds(3_600) : .zero)
                            if answer.isGranted { break }
                            // One that may not wait asks again, as clients do on 429.
                            guard answer.isBusy, !mayWait else { return false }
                            await Task.yield()
                        }
                        try ledger.open(request)
                        let standing = try #require(try await sam.standing(.user, for: sam.member))
                        #expect(standing.spent + standing.reserved <= cents(600))
                        ledger.settle(UsageEntry(request, cost: Money(rawValue: most.rawValue / 1_000)))
                        await ledger.flush()
                        return true
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(served == 1_000)
            let standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.reserved == .zero && standing.spent <= cents(600))
            #expect(try await sam.totals().map(\.requests) == [1_000])
            #expect(await desk.waiting == 0)
        }
    }

    @Test("Where each costs all that it may, exactly what fits is spent, and the others hear that it is used up")
    func usedUp() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(600), per: .month, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            let served = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<1_000 {
                    let most = Money(rawValue: Int64([1, 128_000, 1 + (number * 7_919) % 128_000][number % 3]) * 25_000)
                    group.addTask {
                        let request = sam.request(reserved: most)
                        let answer = try await desk.reserve(most, for: request.id, of: request.payer, timeout: .seconds(3_600))
                        guard answer.isGranted else {
                            #expect(answer.isRefused)
                            return 0
                        }
                        try ledger.open(request)
                        ledger.settle(UsageEntry(request, cost: most))
                        await ledger.flush()
                        return most.rawValue
                    }
                }
                return try await group.reduce(0, +)
            }
            let standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.reserved == .zero && standing.spent == Money(rawValue: served) && standing.spent <= cents(600))
            #expect(standing.spent > cents(280), "What was refused did not fit with nothing held")
        }
    }

    @Test("Two processes on one database grant no more than one")
    func twoDesks() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.member.id), by: sam.member)
            let desks = [
                try sam.desk(), try sam.desk(try sam.otherBudgets()),
            ]
            #expect(try await granted(1_000, of: cents(3), at: desks, for: sam.payer()) == 33)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(99))
        }
    }

    @Test("Requests of different people and sizes, in one transaction, are judged one by one")
    func mixed() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(50), per: .month, at: .user(sam.member.id), by: sam.member)
            try await sam.budgets.set(cents(100), per: .month, at: .platform, by: sam.owner)
            let desk = try sam.desk()
            async let members = granted(200, of: cents(10), at: [desk], for: sam.payer())
            async let strangers = granted(200, of: cents(7), at: [desk], for: sam.payer(sam.stranger, outside: true))
            let (kims, robins) = try await (members, strangers)
            #expect(kims <= 5 && kims * 10 + robins * 7 <= 100)
            #expect(100 - kims * 10 - robins * 7 < 10, "One that was refused takes nothing away from the others")
            #expect(try await sam.standing(.platform)?.reserved == cents(Int64(kims * 10 + robins * 7)))
        }
    }

    @Test("While requests come and go, what is spent and what is held are never more than there is")
    func comingAndGoing() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.member.id), by: sam.member)
            let desk = try sam.desk()
            let ledger = try sam.ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        let request = sam.request(reserved: cents(3))
                        guard try await desk.reserve(cents(3), for: request.id, of: request.payer).isGranted else { return }
                        try ledger.open(request)
                        ledger.settle(UsageEntry(request, cost: cents(2)))
                        if number % 7 == 0 { await ledger.flush() }
                        let standing = try #require(try await sam.standing(.user, for: sam.member))
                        #expect(standing.spent + standing.reserved <= cents(100))
                    }
                }
                try await group.waitForAll()
            }
            await ledger.flush()
            let standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.reserved == .zero && standing.spent <= cents(100) && standing.spent >= cents(66))
            #expect(try await sam.totals().map(\.cost) == [standing.spent])
        }
    }
}
