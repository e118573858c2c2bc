import Store

/// The period of a budget: a day or a month that begins at midnight in a time zone.
public enum Period: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    /// A calendar day or month.
    case day, month

    /// The period that contains a time.
    ///
    /// - Parameters:
    ///   - time: UTC milliseconds.
    ///   - zones: the time zones in which periods begin. A change of zone does not move a period that has begun.
    /// - Returns: its first millisecond and that of the next period, in UTC milliseconds.
    public func interval(of time: Int64, in zones: BudgetZones) -> (start: Int64, end: Int64) {
        zones.stretch(of: self, at: time).interval(of: time)
    }

    /// The time zone in which the period that contains a time ends.
    public func zone(at time: Int64, in zones: BudgetZones) -> String { zones.stretch(of: self, at: time).zone }

    /// When the period that contains a time ends, formatted with the time zone.
    public func reset(after time: Int64, in zones: BudgetZones) -> String {
        let stretch = zones.stretch(of: self, at: time)
        return LocalTime(zone: stretch.zone).text(stretch.interval(of: time).end)
    }
}
