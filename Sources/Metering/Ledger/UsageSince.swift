/// How a caller names the beginning of a usage report.
public enum UsageSince: Sendable, Hashable {
    /// A time, in UTC milliseconds.
    case time(Int64)
    /// The beginning of the current day or month.
    case current(Period)
    /// The beginning of the last so many days, including today.
    case days(Int)
}

/// The beginning of a usage report.
public struct UsageStart: Sendable, Hashable {
    /// The first millisecond, in UTC milliseconds.
    public var time: Int64
    /// The first millisecond, formatted with the time zone of its day or month.
    public var text: String
    /// The time zone of the current day, or of the current month if the report is for that.
    public var timeZone: String
}

extension BudgetZones {
    /// Where a report begins that is asked for at a time.
    func start(of since: UsageSince, at now: Int64) -> UsageStart {
        let period = since == .current(.month) ? Period.month : .day
        let time =
            switch since {
            // Calendars don't reach to the end of an integer.
            case .time(let time): min(max(time, 0), Self.latest)
            case .current(let period): period.interval(of: now, in: self).start
            case .days(let count): start(ofLast: count, at: now)
            }
        return UsageStart(
            time: time, text: LocalTime(zone: period.zone(at: time, in: self)).text(time), timeZone: period.zone(at: now, in: self))
    }

    /// The end of the year 9999.
    private static let latest: Int64 = 253_402_300_799_999

    /// When the last so many days began, including the day that contains a time.
    func start(ofLast count: Int, at time: Int64) -> Int64 {
        var start = Period.day.interval(of: time, in: self).start
        var left = count - 1
        while left > 0 {
            let stretch = stretch(of: .day, at: start)
            // Days of the zone's own lie between the stretch's first day and this one; a calendar skips them at once.
            let first = max(stretch.firstEnd, start - Int64(left + 2) * LocalTime.dayLength)
            let regular = min(start > first ? stretch.clock.day(of: start) - stretch.clock.day(of: first) : 0, left)
            if regular > 0 {
                let noon = stretch.clock.noon(-regular, .day, after: start, on: stretch.clock)
                start = stretch.clock.interval(.day, of: noon).start
                left -= regular
            } else {
                start = Period.day.interval(of: start - 1, in: self).start
                left -= 1
            }
        }
        return start
    }
}
