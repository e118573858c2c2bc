import Accounts
import Foundation
import Fuzzing
import Testing

@testable import Metering

@Suite("Where a usage report begins")
struct UsageSinceTests {
    /// Days of 24, 23.5, 25 and other hours.
    static let rows: [(zone: String, now: String, days: Int, start: String, text: String)] = [
        ("UTC", "2026-03-14T12:00:00+00:00", 1, "2026-03-14T00:00:00+00:00", "2026-03-14 00:00 (UTC)"),
        ("UTC", "2026-03-14T12:00:00+00:00", 7, "2026-03-08T00:00:00+00:00", "2026-03-08 00:00 (UTC)"),
        ("Asia/Kolkata", "2026-03-14T18:31:00+00:00", 1, "2026-03-15T00:00:00+05:30", "2026-03-15 00:00 (Asia/Kolkata)"),
        ("Asia/Kolkata", "2026-03-14T18:29:00+00:00", 2, "2026-03-13T00:00:00+05:30", "2026-03-13 00:00 (Asia/Kolkata)"),
        ("Europe/Berlin", "2026-03-30T00:30:00+02:00", 2, "2026-03-29T00:00:00+01:00", "2026-03-29 00:00 (Europe/Berlin)"),
        ("Europe/Berlin", "2026-10-26T12:00:00+01:00", 3, "2026-10-24T00:00:00+02:00", "2026-10-24 00:00 (Europe/Berlin)"),
        ("Australia/Adelaide", "2026-04-06T00:10:00+09:30", 3, "2026-04-04T00:00:00+10:30", "2026-04-04 00:00 (Australia/Adelaide)"),
        ("Australia/Lord_Howe", "2026-10-05T23:59:00+11:00", 3, "2026-10-03T00:00:00+10:30", "2026-10-03 00:00 (Australia/Lord_Howe)"),
        ("America/St_Johns", "2026-03-09T00:00:00-02:30", 365, "2025-03-10T00:00:00-02:30", "2025-03-10 00:00 (America/St_Johns)"),
    ]

    @Test("The last days begin at the beginning of the first of them, today included", arguments: rows)
    func days(_ row: (zone: String, now: String, days: Int, start: String, text: String)) {
        let zones = BudgetZones([.init(zone: row.zone, at: time("2020-01-01T00:00:00+00:00"))])
        let start = zones.start(of: .days(row.days), at: time(row.now))
        #expect(start == UsageStart(time: time(row.start), text: row.text, timeZone: row.zone))
    }

    @Test("Over changes of the zone they are the days of budgets, each counted once", arguments: 0..<40)
    func stepByStep(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let names = [
            "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati", "Etc/GMT+12",
        ]
        var now = time("2026-01-01T00:00:00+00:00")
        var choices: [BudgetZones.Choice] = []
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            now += Int64.random(in: 1...(40 * TestClock.day), using: &generator)
            choices.append(.init(zone: try #require(names.randomElement(using: &generator)), at: now))
        }
        let zones = BudgetZones(choices)
        now += Int64.random(in: 1...(100 * TestClock.day), using: &generator)
        var start = Period.day.interval(of: now, in: zones).start
        for count in 1...400 {
            #expect(zones.start(ofLast: count, at: now) == start, "\(count) days before \(now): \(choices)")
            start = Period.day.interval(of: start - 1, in: zones).start
        }
    }

    @Test("Many days and odd times are no trouble", arguments: [Int64.min, -1, 0, 253_402_300_799_999, .max])
    func extremes(time: Int64) async throws {
        try await MeteringFixture.with { sam in
            let ledger = try sam.ledger()
            try await sam.spend(cents(1), in: ledger)
            let start = try await sam.budgets.start(of: .time(time))
            #expect(start.text.hasSuffix("(UTC)") && start.time >= 0)
            for grouping in UsageGrouping.allCases {
                let lines = try await ledger.report(UsageQuery(by: grouping, since: start.time), for: sam.owner)
                #expect(lines.count == (time > TestClock.noon ? 0 : 1), "\(grouping)")
            }
            #expect(try await sam.budgets.start(of: .days(10_000)).time == TestClock.noon - TestClock.day / 2 - 9_999 * TestClock.day)
        }
    }

    @Test(
        "Budgets, refusals and reports agree on the day, by half hours and over changes of the clock",
        arguments: [
            ("Australia/Adelaide", "2026-04-03T02:00:00+00:00"), ("Australia/Lord_Howe", "2026-10-02T02:00:00+00:00"),
            ("America/St_Johns", "2026-10-30T02:00:00+00:00"), ("Asia/Kolkata", "2026-03-14T02:00:00+00:00"),
        ])
    func agreement(zone: String, begin: String) async throws {
        try await MeteringFixture.with { sam in
            sam.clock.pass(time(begin) - TestClock.noon)
            let choices = [BudgetZones.Choice(zone: zone, at: TestClock.noon - 30 * TestClock.day)]
            let budgets = Budgets(store: sam.store, accounts: sam.accounts, now: { [clock = sam.clock] in clock.now }) { _ in choices }
            try await budgets.set(cents(100), per: .day, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger(spool: "zoned", budgets)
            var ends: [Int64] = []
            for _ in 0..<200 {
                try await sam.spend(cents(1), in: ledger)
                let standing = try #require(try await budgets.list(for: sam.member).first { $0.scope == .user })
                let start = try await budgets.start(of: .days(1))
                let lines = try await ledger.report(UsageQuery(by: .day, since: start.time), for: sam.member)
                #expect(lines.map(\.cost) == [standing.spent])
                #expect(lines.map(\.name) == [String(start.text.prefix(10))] && start.timeZone == standing.timeZone)
                if ends.last != standing.resetsAt { ends.append(standing.resetsAt) }
                #expect(ends.count == 1 || start.time == ends[ends.count - 2], "A day begins where the one before has ended")
                let verdict = try await sam.desk(ledger).reserve(cents(200), for: RequestID(), of: sam.payer())
                guard case .refused(let sentence, let resetsAt) = verdict else {
                    Issue.record("It is too much for the budget: \(verdict)")
                    return
                }
                #expect(resetsAt == standing.resetsAt && sentence.contains(LocalTime(zone: zone).text(resetsAt)), "\(sentence)")
                sam.clock.pass(29 * 60_000)
            }
            #expect(ends.count > 3)
            let all = try await budgets.start(of: .days(ends.count))
            let days = try await ledger.report(UsageQuery(by: .day, since: all.time), for: sam.member)
            #expect(days.count == ends.count && days.reduce(0) { $0 + $1.requests } == 200)
        }
    }
}
