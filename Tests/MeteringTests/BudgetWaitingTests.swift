import Accounts
import Fuzzing
import Testing

@testable import Metering

/// Looks until a condition holds. Nothing here takes time but other tasks' turns.
func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<200_000 {
        if try await condition() { return }
        await Task.yield()
    }
    Issue.record("Never came: \(what)")
}

@Suite("Waiting for money that is held for others", .timeLimit(.minutes(10)))
struct BudgetWaitingTests {
    private static let timeout = Duration.seconds(60)

    /// Asks in a separate task, and returns once the request waits at the desk.
    private func ask(
        _ amount: Money, for request: OpenRequest, at desk: BudgetDesk, after waiting: Int
    ) async throws -> Task<Reservation, any Error> {
        let task = Task { try await desk.reserve(amount, for: request.id, of: request.payer, timeout: Self.timeout) }
        try await until("\(waiting) who wait") { await desk.waiting == waiting }
        return task
    }

    @Test("Of calls that may cost more together than there is, all are served one after another when they cost little")
    func served() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(600), per: .month, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            // 128,000 tokens at $25 a million.
            let requests = (0..<3).map { _ in sam.request(reserved: cents(320)) }
            #expect(try await desk.reserve(cents(320), for: requests[0].id, of: requests[0].payer).isGranted)
            var tasks: [Task<Reservation, any Error>] = []
            for (number, request) in requests.dropFirst().enumerated() {
                tasks.append(try await ask(cents(320), for: request, at: desk, after: number + 1))
            }
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(320), "Who waits holds nothing")
            for (number, request) in requests.enumerated() {
                if number > 0 { #expect(try await tasks[number - 1].value.isGranted, "\(number)") }
                try ledger.open(request)
                ledger.settle(UsageEntry(request, cost: Money(rawValue: 700_000)))
                await ledger.flush()
            }
            let standing = try #require(try await sam.standing(.user, for: sam.member))
            #expect(standing.reserved == .zero && standing.spent == Money(rawValue: 2_100_000))
        }
    }

    @Test("A later small one does not overtake at the same budget, and one under another budget does not wait", arguments: Period.allCases)
    func order(period: Period) async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: period, at: .user(sam.member.id), by: sam.member)
            try await sam.budgets.set(cents(1_000), per: period, at: .platform, by: sam.owner)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            let first = sam.request()
            #expect(try await desk.reserve(cents(60), for: first.id, of: first.payer).isGranted)
            let large = try await ask(cents(80), for: sam.request(), at: desk, after: 1)
            let small = try await ask(cents(10), for: sam.request(), at: desk, after: 2)
            // The platform's budget, at which nothing is missing, is theirs as well.
            #expect(try await desk.reserve(cents(500), for: RequestID(), of: sam.payer(sam.stranger, outside: true)).isGranted)
            #expect(try await sam.standing(.user, period, for: sam.member)?.reserved == cents(60))
            #expect(await desk.waiting == 2)
            ledger.release(first.id)
            await ledger.flush()
            #expect(try await large.value.isGranted)
            #expect(try await small.value.isGranted, "Both have room now")
            #expect(try await sam.standing(.user, period, for: sam.member)?.reserved == cents(90))
        }
    }

    @Test("One that may not wait is refused at once and delays no other; so is one whose time is over")
    func busy() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.member.id), by: sam.member)
            let desk = try sam.desk()
            #expect(try await desk.reserve(cents(60), for: RequestID(), of: sam.payer()).isGranted)
            guard case .busy(let sentence, let seconds) = try await desk.reserve(cents(50), for: RequestID(), of: sam.payer()) else {
                Issue.record("It was not told to come again")
                return
            }
            #expect(sentence.contains("user's budget of $1.00 a month") && sentence.contains("$0.6000 is held"), "\(sentence)")
            #expect((1...60).contains(seconds))
            let waits = try await ask(cents(50), for: sam.request(), at: desk, after: 1)
            sam.clock.pass(59_999)
            await desk.wake()
            #expect(await desk.waiting == 1)
            sam.clock.pass(1)
            await desk.wake()
            #expect(try await waits.value.isBusy)
            #expect(try await desk.reserve(cents(40), for: RequestID(), of: sam.payer()).isGranted)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == cents(100))
        }
    }

    @Test("What is spent, or would not fit with nothing held, is refused for good, also while it waits")
    func refused() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            #expect(try await desk.reserve(cents(101), for: RequestID(), of: sam.payer(), timeout: Self.timeout).isRefused)
            let first = sam.request(reserved: cents(60))
            #expect(try await desk.reserve(cents(60), for: first.id, of: first.payer).isGranted)
            try ledger.open(first)
            let waits = try await ask(cents(50), for: sam.request(), at: desk, after: 1)
            ledger.settle(UsageEntry(first, cost: cents(55)))
            await ledger.flush()
            guard case .refused(let sentence, let resetsAt) = try await waits.value else {
                Issue.record("It waits for what will never come")
                return
            }
            #expect(sentence.contains("2026-04-01 00:00 (UTC)") && sentence.contains("$0.4500 left"), "\(sentence)")
            #expect(resetsAt == 1_775_001_600_000)
        }
    }

    @Test("A request that is abandoned while waiting holds nothing, at any moment, and those behind move up", arguments: 0..<8)
    func leaving(seed: UInt64) async throws {
        try await MeteringFixture.with { sam in
            var generator = SeededGenerator(seed: seed)
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            let tasks = (0..<60).map { _ in
                let request = sam.request()
                let amount = cents(Int64.random(in: 1...100, using: &generator))
                return Task {
                    let answer = try await desk.reserve(amount, for: request.id, of: request.payer, timeout: Self.timeout)
                    // As an exchange does with what comes too late.
                    if answer.isGranted { ledger.release(request.id) }
                    return answer
                }
            }
            for task in tasks.shuffled(using: &generator).prefix(40) {
                for _ in 0..<Int.random(in: 0...20, using: &generator) { await Task.yield() }
                if Bool.random(using: &generator) { await ledger.flush() }
                task.cancel()
            }
            var answers: [Reservation] = []
            let flushing = Task {
                while !Task.isCancelled {
                    await ledger.flush()
                    await Task.yield()
                }
            }
            for task in tasks { answers.append(try await task.value) }
            flushing.cancel()
            await flushing.value
            await ledger.flush()
            #expect(answers.allSatisfy { $0.isGranted || $0 == .calledOff })
            #expect(await desk.waiting == 0)
            #expect(try await sam.standing(.user, for: sam.member)?.reserved == .zero)
            #expect(try await sam.rows()["reservations"] == [])
        }
    }

    @Test("So many wait for a budget and no more")
    func bound() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            let first = sam.request()
            #expect(try await desk.reserve(cents(100), for: first.id, of: first.payer).isGranted)
            let tasks = (0..<BudgetDesk.waitersLimit).map { _ in
                Task { try await desk.reserve(Money(rawValue: 1), for: RequestID(), of: sam.payer(), timeout: Self.timeout) }
            }
            try await until("all wait") { await desk.waiting == BudgetDesk.waitersLimit }
            let more = try await desk.reserve(Money(rawValue: 1), for: RequestID(), of: sam.payer(), timeout: Self.timeout)
            #expect(more.isBusy)
            ledger.release(first.id)
            await ledger.flush()
            for task in tasks { #expect(try await task.value.isGranted) }
        }
    }

    @Test("What another server frees, or a person allows, is found when the desk looks again")
    func elsewhere() async throws {
        try await MeteringFixture.with { sam in
            let layer = ScopeOwner.user(sam.member.id)
            try await sam.budgets.set(cents(100), per: .month, at: layer, by: sam.member)
            let (here, there) = (try sam.ledger(), try sam.ledger(spool: "there", try sam.otherBudgets()))
            let (desk, other) = (sam.desk(here), sam.desk(there))
            let first = sam.request()
            #expect(try await other.reserve(cents(80), for: first.id, of: first.payer).isGranted)
            let waits = try await ask(cents(50), for: sam.request(), at: desk, after: 1)
            there.release(first.id)
            await there.flush()
            await desk.wake()
            #expect(try await waits.value.isGranted)
            let next = try await ask(cents(90), for: sam.request(), at: desk, after: 1)
            try await sam.budgets.set(cents(140), per: .month, at: layer, by: sam.member)
            await desk.wake()
            #expect(try await next.value.isGranted)
            let last = try await ask(cents(100), for: sam.request(), at: desk, after: 1)
            try await sam.budgets.turn(on: false, .month, at: layer, reason: nil, by: sam.member)
            await desk.wake()
            #expect(try await last.value.isGranted)
        }
    }

    @Test("A project's own price counts at the project alone, for what is held and what is spent")
    func projectPrice() async throws {
        try await MeteringFixture.with { sam in
            for (layer, user) in [
                (ScopeOwner.project(sam.project), sam.member), (.user(sam.member.id), sam.member), (.platform, sam.owner),
            ] {
                try await sam.budgets.set(cents(100), per: .month, at: layer, by: user)
            }
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            #expect(try await desk.reserve(LayeredMoney(cents(101), project: cents(1)), for: RequestID(), of: sam.payer()).isRefused)
            #expect(try await desk.reserve(LayeredMoney(cents(1), project: cents(101)), for: RequestID(), of: sam.payer()).isRefused)
            let amount = LayeredMoney(cents(80), project: cents(5))
            let request = sam.request(reserved: amount.greatest)
            #expect(try await desk.reserve(amount, for: request.id, of: request.payer).isGranted)
            #expect(try await sam.standing(.project)?.reserved == cents(5))
            #expect(try await sam.standing(.platform)?.reserved == cents(80))
            try ledger.open(request)
            var entry = UsageEntry(request, cost: cents(40))
            entry.projectCost = cents(2)
            ledger.settle(entry)
            await ledger.flush()
            for (scope, spent) in [(Scope.project, 2), (.user, 40), (.platform, 40)] {
                let standing = try #require(try await sam.standing(scope, for: sam.member))
                #expect(standing.spent == cents(Int64(spent)) && standing.reserved == .zero, "\(scope)")
            }
            #expect(try await sam.report(UsageQuery(by: .model, since: 0), for: sam.member).map(\.cost) == [cents(40)])
            #expect(try await sam.report(UsageQuery(by: .day, since: 0, project: sam.project), for: sam.member).map(\.cost) == [cents(2)])
        }
    }

    @Test("A request counts in the day that granted it, though it came before")
    func midnight() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .day, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger()
            let desk = sam.desk(ledger)
            let request = sam.request(reserved: cents(90))
            sam.clock.pass(TestClock.day)
            #expect(try await desk.reserve(cents(90), for: request.id, of: request.payer).isGranted)
            try ledger.open(request)
            ledger.settle(UsageEntry(request, cost: cents(90)))
            await ledger.flush()
            #expect(try await sam.standing(.user, .day, for: sam.member)?.spent == cents(90))
            #expect(try await sam.report(UsageQuery(by: .day, since: 0), for: sam.owner).map(\.name) == ["2026-03-15"])
        }
    }
}
