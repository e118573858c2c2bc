import Foundation
import Metering
import Testing

/// A time in UTC milliseconds, of its ISO 8601 form.
func time(_ text: String) -> Int64 {
    guard let date = try? Date(text, strategy: .iso8601) else { return .min }
    return Int64(date.timeIntervalSince1970 * 1_000)
}

@Suite("Periods of budgets")
struct PeriodTests {
    @Test(
        "Without a zone they begin at midnight UTC, and their end is the next one's first millisecond",
        arguments: [
            // The last second of a leap day.
            (Period.day, 1_709_251_199_000, 1_709_164_800_000, 1_709_251_200_000),
            (.month, 1_709_251_199_000, 1_706_745_600_000, 1_709_251_200_000),
            // The end of a year.
            (.day, 1_767_225_599_999, 1_767_139_200_000, 1_767_225_600_000),
            (.month, 1_767_225_599_999, 1_764_547_200_000, 1_767_225_600_000),
            // The very first millisecond belongs to what begins.
            (.day, 1_767_139_200_000, 1_767_139_200_000, 1_767_225_600_000),
            (.month, 1_764_547_200_000, 1_764_547_200_000, 1_767_225_600_000),
            (.day, 0, 0, 86_400_000), (.month, 0, 0, 2_678_400_000),
        ] as [(Period, Int64, Int64, Int64)])
    func utc(period: Period, time: Int64, start: Int64, end: Int64) {
        let interval = period.interval(of: time, in: .utc)
        #expect(interval.start == start && interval.end == end)
        #expect(period.interval(of: interval.end, in: .utc).start == interval.end, "They leave no gap")
    }

    /// The offsets are those that the zones' law has on these days.
    static let local: [(zone: String, period: Period, within: String, start: String, end: String)] = [
        // The clock is put forward: 23 hours; and back: 25.
        ("Europe/Berlin", .day, "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("Europe/Berlin", .day, "2026-10-25T02:30:00+01:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        ("Europe/Berlin", .month, "2026-03-31T23:59:59+02:00", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"),
        ("Pacific/Kiritimati", .day, "2026-03-14T10:00:00+00:00", "2026-03-15T00:00:00+14:00", "2026-03-16T00:00:00+14:00"),
        ("Pacific/Kiritimati", .month, "2025-12-31T10:00:00+00:00", "2026-01-01T00:00:00+14:00", "2026-02-01T00:00:00+14:00"),
        ("America/St_Johns", .day, "2026-01-10T03:29:59+00:00", "2026-01-09T00:00:00-03:30", "2026-01-10T00:00:00-03:30"),
        ("Asia/Kathmandu", .day, "2026-06-01T18:15:00+00:00", "2026-06-02T00:00:00+05:45", "2026-06-03T00:00:00+05:45"),
        // Half an hour of summer time.
        ("Australia/Lord_Howe", .day, "2026-04-05T12:00:00+10:30", "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30"),
        ("Australia/Lord_Howe", .day, "2026-10-04T12:00:00+11:00", "2026-10-04T00:00:00+10:30", "2026-10-05T00:00:00+11:00"),
        // The clock is put forward at midnight itself.
        ("America/Havana", .day, "2026-03-08T12:00:00-04:00", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00"),
    ]

    @Test("In a zone they begin at its midnight, whatever the clock does in between", arguments: local)
    func zone(_ row: (zone: String, period: Period, within: String, start: String, end: String)) {
        let zones = BudgetZones([.init(zone: row.zone, at: time("2020-01-01T00:00:00+00:00"))])
        let interval = row.period.interval(of: time(row.within), in: zones)
        #expect(interval.start == time(row.start) && interval.end == time(row.end), "\(interval)")
        for edge in [interval.start, interval.end - 1] { #expect(row.period.interval(of: edge, in: zones) == interval) }
        #expect(row.period.zone(at: time(row.within), in: zones) == row.zone)
    }

    @Test("When it resets is told with the zone in which that is midnight")
    func text() {
        let zones = BudgetZones([.init(zone: "Asia/Kathmandu", at: time("2026-03-14T12:00:00+00:00"))])
        let noon = time("2026-03-14T12:00:00+00:00")
        #expect(Period.day.reset(after: noon, in: zones) == "2026-03-15 00:00 (UTC)", "The running day ends as it would have")
        #expect(Period.day.reset(after: noon + TestClock.day, in: zones) == "2026-03-16 00:00 (Asia/Kathmandu)")
        #expect(Period.month.reset(after: noon + 20 * TestClock.day, in: zones) == "2026-05-01 00:00 (Asia/Kathmandu)")
    }
}
