import Accounts
import Foundation
import Fuzzing
import Metering
import Testing

@Suite("A change of the time zone of budgets")
struct BudgetZonesTests {
    private static func zones(_ choices: [(zone: String, at: String)]) -> BudgetZones {
        BudgetZones(choices.map { .init(zone: $0.zone, at: time($0.at)) })
    }

    /// The choices, and where the periods begin one after another from one that runs at the first choice.
    static let changes: [(choices: [(zone: String, at: String)], period: Period, starts: [String])] = [
        // In the middle of a day.
        (
            [("Europe/Berlin", "2026-03-14T12:00:00+00:00")], .day,
            ["2026-03-14T00:00:00+00:00", "2026-03-15T00:00:00+00:00", "2026-03-16T00:00:00+01:00", "2026-03-17T00:00:00+01:00"]
        ),
        // Westwards the day in between is longer, and no day comes twice.
        (
            [("America/New_York", "2026-03-14T12:00:00+00:00")], .day,
            ["2026-03-14T00:00:00+00:00", "2026-03-15T00:00:00+00:00", "2026-03-16T00:00:00-04:00", "2026-03-17T00:00:00-04:00"]
        ),
        (
            [("Pacific/Kiritimati", "2026-03-14T12:00:00+00:00")], .day,
            ["2026-03-14T00:00:00+00:00", "2026-03-15T00:00:00+00:00", "2026-03-16T00:00:00+14:00", "2026-03-17T00:00:00+14:00"]
        ),
        // In the middle of a month.
        (
            [("America/St_Johns", "2026-03-14T12:00:00+00:00")], .month,
            ["2026-03-01T00:00:00+00:00", "2026-04-01T00:00:00+00:00", "2026-05-01T00:00:00-02:30", "2026-06-01T00:00:00-02:30"]
        ),
        (
            [("Asia/Kathmandu", "2026-12-31T23:59:59+00:00")], .month,
            ["2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00", "2027-02-01T00:00:00+05:45", "2027-03-01T00:00:00+05:45"]
        ),
        // Twice in a day: the first never comes into force.
        (
            [("Europe/Berlin", "2026-03-14T12:00:00+00:00"), ("Asia/Kathmandu", "2026-03-14T18:00:00+00:00")], .day,
            ["2026-03-14T00:00:00+00:00", "2026-03-15T00:00:00+00:00", "2026-03-16T00:00:00+05:45"]
        ),
        // And back: as if nothing had been.
        (
            [("Europe/Berlin", "2026-03-14T12:00:00+00:00"), ("UTC", "2026-03-14T18:00:00+00:00")], .day,
            ["2026-03-14T00:00:00+00:00", "2026-03-15T00:00:00+00:00", "2026-03-16T00:00:00+00:00"]
        ),
        // In the day of another change, which was no regular one.
        (
            [("Europe/Berlin", "2026-03-14T12:00:00+00:00"), ("UTC", "2026-03-15T12:00:00+00:00")], .day,
            [
                "2026-03-14T00:00:00+00:00", "2026-03-15T00:00:00+00:00", "2026-03-16T00:00:00+01:00", "2026-03-17T00:00:00+00:00",
                "2026-03-18T00:00:00+00:00",
            ]
        ),
        // Over the whole width of the map, on a day of 25 hours.
        (
            [("Etc/GMT+12", "2020-01-01T00:00:00+00:00"), ("Pacific/Kiritimati", "2026-03-14T20:00:00-12:00")], .day,
            ["2026-03-14T00:00:00-12:00", "2026-03-15T00:00:00-12:00", "2026-03-17T00:00:00+14:00", "2026-03-18T00:00:00+14:00"]
        ),
    ]

    @Test("The period that runs ends as it would have; the next begins there and ends at the new zone's midnight", arguments: changes)
    func change(_ row: (choices: [(zone: String, at: String)], period: Period, starts: [String])) {
        let zones = Self.zones(row.choices)
        for (start, end) in zip(row.starts, row.starts.dropFirst()) {
            let interval = row.period.interval(of: time(start), in: zones)
            #expect(interval.start == time(start) && interval.end == time(end), "\(start): \(interval)")
            #expect(row.period.interval(of: time(end) - 1, in: zones) == interval)
        }
    }

    private static let names = [
        "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati", "Etc/GMT+12",
        "America/Havana", "Africa/Casablanca",
    ]

    @Test("Whatever is chosen, periods follow without a gap, and no choice moves one that has begun", arguments: 0..<60)
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var now = time("2026-01-01T00:00:00+00:00")
        var choices: [BudgetZones.Choice] = []
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            now += Int64.random(in: 1...(40 * TestClock.day), using: &generator)
            let earlier = BudgetZones(choices)
            choices.append(.init(zone: try #require(Self.names.randomElement(using: &generator)), at: now))
            for period in Period.allCases {
                #expect(period.interval(of: now, in: BudgetZones(choices)) == period.interval(of: now, in: earlier), "\(choices)")
            }
        }
        let zones = BudgetZones(choices)
        for period in Period.allCases {
            var start = period.interval(of: time("2026-01-01T00:00:00+00:00"), in: zones).start
            while start < now + 70 * TestClock.day {
                let interval = period.interval(of: start, in: zones)
                #expect(interval.start == start && interval.end > start, "\(choices)")
                #expect(period.interval(of: interval.end - 1, in: zones) == interval, "\(choices)")
                start = interval.end
            }
        }
    }

    @Test(
        "Usage by day is told by the days of budgets, over changes of the clock and of the zone, and sums up what those have spent",
        arguments: ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati"])
    func byDay(zone: String) async throws {
        try await MeteringFixture.with { sam in
            let choices = [BudgetZones.Choice(zone: zone, at: TestClock.noon)]
            let budgets = Budgets(store: sam.store, accounts: sam.accounts, now: { [clock = sam.clock] in clock.now }) { _ in choices }
            try await budgets.set(cents(100_000), per: .day, at: .user(sam.member.id), by: sam.member)
            let ledger = try sam.ledger(spool: "zoned", budgets)
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = try #require(TimeZone(identifier: zone))
            var expected: [String: Int64] = [:]
            let second = Int64(try Self.end(ofDay: 15, calendar) * 1_000)
            var spentInDay: [Int64: Money] = [:]
            var generator = SeededGenerator(seed: 5)
            for number in 0..<160 {
                try await sam.spend(cents(1), in: ledger)
                let date = Date(timeIntervalSince1970: Double(sam.clock.now) / 1_000)
                // The first day, and the one between the zones, end otherwise.
                let isFirst = sam.clock.now < time("2026-03-15T00:00:00+00:00")
                let isSecond = !isFirst && sam.clock.now < second
                let parts = calendar.dateComponents([.year, .month, .day], from: date)
                let name =
                    isFirst
                    ? "2026-03-14" : isSecond ? "2026-03-15" : String(format: "%d-%02d-%02d", parts.year!, parts.month!, parts.day!)
                expected[name, default: 0] += 1
                let standing = try #require(try await budgets.list(for: sam.member).first { $0.scope == .user })
                spentInDay[standing.resetsAt] = standing.spent
                #expect(standing.timeZone == (isFirst ? "UTC" : zone), "\(number)")
                sam.clock.pass(Int64.random(in: 1...6 * 3_600_000, using: &generator))
            }
            let lines = try await ledger.report(UsageQuery(by: .day, since: 0), for: sam.owner)
            #expect(Dictionary(uniqueKeysWithValues: lines.map { ($0.name, Int64($0.requests)) }) == expected)
            #expect(lines.allSatisfy { $0.timeZone == ($0.name == "2026-03-14" ? "UTC" : zone) }, "Each day says in which zone it ended")
            #expect(lines.map(\.cost).sorted() == spentInDay.values.sorted(), "As much as the budget's days have spent")
            #expect(lines.map(\.cost) == lines.map(\.cost).sorted().reversed())
            // From the middle of a day on, that day counts for what is left of it.
            let late = try await ledger.report(UsageQuery(by: .day, since: TestClock.noon + 1), for: sam.owner)
            #expect(late.reduce(0) { $0 + $1.requests } == 159)
        }
    }

    /// When a day of March 2026 ends, in seconds since 1970.
    private static func end(ofDay day: Int, _ calendar: Calendar) throws -> Double {
        let noon = try #require(calendar.date(from: DateComponents(year: 2026, month: 3, day: day, hour: 12)))
        return try #require(calendar.dateInterval(of: .day, for: noon)?.end).timeIntervalSince1970
    }
}
