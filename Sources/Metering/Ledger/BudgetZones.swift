/// The time zones in which budget periods begin, one after another. UTC before the first choice.
///
/// A zone takes effect with the next day and the next month: the periods that run when it is chosen end as planned. The next period begins
/// there, whatever the local time, and ends when that day or month ends in the new zone. An immutable value.
public struct BudgetZones: Sendable, Hashable {
    /// The choice of a zone.
    public struct Choice: Sendable, Hashable {
        /// The IANA name of the zone.
        public var zone: String
        /// When it was chosen, in UTC milliseconds.
        public var at: Int64

        /// Creates a choice.
        public init(zone: String, at: Int64) {
            self.zone = zone
            self.at = at
        }
    }

    /// A span of time in which one zone applies.
    struct Stretch: Sendable, Hashable {
        var period: Period
        var start: Int64
        /// The end of the first period, which need not begin at the zone's midnight.
        var firstEnd: Int64
        var clock: LocalTime
        var zone: String { clock.zone }

        func interval(of time: Int64) -> (start: Int64, end: Int64) {
            time < firstEnd ? (start, firstEnd) : clock.interval(period, of: time)
        }
    }

    private let days: [Stretch]
    private let months: [Stretch]

    /// UTC at all times.
    public static let utc = BudgetZones([])

    /// Creates the zones from choices, oldest first.
    public init(_ choices: [Choice]) {
        days = Self.stretches(of: .day, choices)
        months = Self.stretches(of: .month, choices)
    }

    private static func stretches(of period: Period, _ choices: [Choice]) -> [Stretch] {
        var stretches = [Stretch(period: period, start: .min, firstEnd: .min, clock: LocalTime(zone: "UTC"))]
        for choice in choices {
            let running = stretches[last(stretches, at: choice.at)]
            let end = running.interval(of: choice.at).end
            // A choice that has not taken effect yet is replaced.
            stretches.removeAll { $0.start >= end }
            let clock = LocalTime(zone: choice.zone)
            guard clock.zone != running.zone else { continue }
            var count = 1
            var firstEnd: Int64
            repeat {
                firstEnd = clock.interval(period, of: clock.noon(count, period, after: end - 1, on: running.clock)).end
                count += 1
            } while firstEnd <= end && count < 4
            stretches.append(Stretch(period: period, start: end, firstEnd: max(firstEnd, end + 1), clock: clock))
        }
        return stretches
    }

    private static func last(_ stretches: [Stretch], at time: Int64) -> Int { stretches.lastIndex { $0.start <= time } ?? 0 }

    /// The stretch that contains a time.
    func stretch(of period: Period, at time: Int64) -> Stretch {
        let stretches = period == .day ? days : months
        return stretches[Self.last(stretches, at: time)]
    }

    /// When a stretch ends, in UTC milliseconds; `.max` for the last one.
    func end(of stretch: Stretch) -> Int64 {
        (stretch.period == .day ? days : months).first { $0.start > stretch.start }?.start ?? .max
    }
}
