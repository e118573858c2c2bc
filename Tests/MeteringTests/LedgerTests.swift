import Accounts
import Foundation
import Metering
import Testing

@Suite("The book of what requests used")
struct LedgerTests {
    @Test("A request's id is its own, and has its form")
    func identifiers() {
        let ids = (0..<1_000).map { _ in RequestID() }
        #expect(Set(ids).count == 1_000)
        #expect(ids.allSatisfy { $0.rawValue.wholeMatch(of: /r_[0-9a-f]{16}/) != nil })
    }

    @Test("What has ended is one row, with everything that was known of it")
    func oneRow() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let request = sam.request()
            try ledger.open(request)
            ledger.settle(UsageEntry(request, cost: cents(7)))
            await ledger.flush()
            #expect(try await sam.rows(of: request.id) == 1)
            let expected: [(UsageGrouping, String)] = [
                (.project, "shed"), (.user, "kim"), (.session, "s_1"), (.credential, "c_1"), (.model, "claude-opus-4-5"),
                (.day, "2026-03-14"), (.provider, "anthropic"),
            ]
            for (grouping, name) in expected {
                let lines = try await sam.report(UsageQuery(by: grouping, since: 0), for: sam.owner)
                let line = try #require(lines.first)
                #expect(lines.count == 1 && line.name == name && line.requests == 1 && line.cost == cents(7), "\(grouping)")
                #expect(line.usage == TokenUsage(input: 100, cacheRead: 10, output: 20, reasoning: 5))
                #expect(line.estimated == 0 && line.unsettled == 0)
            }
        }
    }

    @Test("The first word on a request counts: another changes nothing, before and after it was written")
    func onlyOnce() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .month, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger()
            let request = sam.request()
            try ledger.open(request)
            ledger.settle(UsageEntry(request, cost: cents(7)))
            ledger.settle(UsageEntry(request, cost: cents(50)))
            await ledger.flush()
            let before = try await sam.rows()
            ledger.settle(UsageEntry(request, cost: cents(60)))
            await ledger.flush()
            await ledger.flush()
            #expect(try await sam.rows() == before)
            #expect(try await sam.totals().map(\.cost) == [cents(7)])
            #expect(try await sam.standing(.user, for: sam.member)?.spent == cents(7))
            #expect(ledger.counters.current.values.map(\.requests) == [1])
            #expect(ledger.counters.current.values.map(\.cost) == [cents(7)])
        }
    }

    @Test("Any number of requests at once, while batches are written, are a row each")
    func manyAtOnce() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let writing = Task { await ledger.run() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1_000 {
                    group.addTask {
                        let request = sam.request(sam.payer(number % 2 == 0 ? sam.member : sam.owner))
                        try ledger.open(request)
                        ledger.settle(UsageEntry(request, cost: cents(1)))
                        if number % 50 == 0 { await ledger.flush() }
                    }
                }
                try await group.waitForAll()
            }
            writing.cancel()
            await writing.value
            #expect(try await sam.totals().map(\.requests) == [500, 500], "The last batch is written when the writer is told to stop")
            #expect(try await sam.totals().map(\.cost) == [cents(500), cents(500)])
        }
    }

    @Test("What is estimated and what went wrong is counted apart")
    func states() async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            let ends: [(Int, UsageEntry.State)] = [(200, .exact), (200, .estimated), (0, .estimated), (529, .exact)]
            for (status, state) in ends {
                let request = sam.request()
                try ledger.open(request)
                ledger.settle(
                    UsageEntry(
                        request: request, status: status, model: nil, usage: TokenUsage(input: 1), cost: cents(1), state: state,
                        milliseconds: 10))
            }
            await ledger.flush()
            let line = try #require(try await sam.totals().first)
            #expect(line.requests == 4 && line.estimated == 2 && line.unsettled == 0)
            let counted = Dictionary(uniqueKeysWithValues: ledger.counters.current.map { ($0.key.statusClass, $0.value.requests) })
            #expect(counted == [2: 2, 0: 1, 5: 1])
            #expect(ledger.counters.current.keys.allSatisfy { $0.provider == "anthropic" })
        }
    }

    @Test("A spool that can't be written is an error, and not a ledger that forgets")
    func noSpool() async throws {
        try await MeteringFixture.with { sam in
            try FileManager.default.createDirectory(atPath: sam.spool("folder"), withIntermediateDirectories: true)
            let error = #expect(throws: MeteringError.self) { _ = try sam.ledger(spool: "folder") }
            #expect(error?.code == .spool)
        }
    }
}
