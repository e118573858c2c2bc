import Metering
import Testing

@Suite("Periods of budgets")
struct PeriodTests {
    @Test(
        "They begin at midnight UTC, and their end is the next one's first millisecond",
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
    func interval(period: Period, time: Int64, start: Int64, end: Int64) {
        let interval = period.interval(of: time)
        #expect(interval.start == start && interval.end == end)
        #expect(period.interval(of: interval.end).start == interval.end, "They leave no gap")
    }
}
