/// Consecutive days of 24 hours each, or a single day of any length. A report by day sums a span with one query.
struct DaySpan: Sendable, Hashable {
    /// UTC milliseconds; starts with the first day, or where the report begins.
    var range: Range<Int64>
    /// The first day, in days since 1970.
    var first: Int
    /// Whether it is a single day, of any length.
    var isSingle: Bool
    /// The time zone in which its days end.
    var zone: String

    /// The day that lies this many times 24 hours after the span's start, in days since 1970.
    func day(_ index: Int) -> Int { isSingle ? first : first + index }
}

extension BudgetZones {
    /// Divides a range of times into spans of days.
    func days(in range: Range<Int64>) -> [DaySpan] {
        var spans: [DaySpan] = []
        var time = range.lowerBound
        while time < range.upperBound {
            let stretch = stretch(of: .day, at: time)
            let day = stretch.interval(of: time)
            let name = stretch.clock.day(of: day.end - 1)
            var end = day.end
            if time == day.start, time >= stretch.firstEnd {
                let shift = stretch.clock.shift(after: time, before: min(self.end(of: stretch), range.upperBound))
                end = max(end, time + (shift - time).floored(by: LocalTime.dayLength))
            }
            let isSingle = end == day.end
            end = min(end, range.upperBound)
            spans.append(DaySpan(range: time..<end, first: name, isSingle: isSingle, zone: stretch.zone))
            time = end
        }
        return spans
    }
}
