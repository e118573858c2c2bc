import Foundation

/// Times and days in a time zone. An immutable value.
public struct LocalTime: Sendable, Hashable {
    /// The zone's name as it was passed; `UTC` if that is unknown.
    public let zone: String
    let calendar: Calendar

    /// Looks up a zone by its IANA name; UTC if it is unknown.
    public init(zone: String) {
        let known = TimeZone(identifier: zone)
        self.zone = known == nil ? "UTC" : zone
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = known ?? .gmt
        self.calendar = calendar
    }

    /// Formats a time in UTC milliseconds, with the zone: `2026-04-01 00:00 (Europe/Berlin)`.
    public func text(_ time: Int64) -> String {
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: Self.date(time))
        let day = Self.joined([parts.year, parts.month, parts.day], "-")
        return "\(day) \(Self.joined([parts.hour, parts.minute], ":")) (\(zone))"
    }

    private static func joined(_ numbers: [Int?], _ separator: String) -> String {
        numbers.map { $0 ?? 0 }.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: separator)
    }

    /// The calendar day or month that contains a time.
    func interval(_ period: Period, of time: Int64) -> (start: Int64, end: Int64) {
        guard let interval = calendar.dateInterval(of: period.component, for: Self.date(time)) else { return (time, time + 1) }
        return (Self.milliseconds(interval.start), Self.milliseconds(interval.end))
    }

    /// Noon in this zone, `count` days or months after the date that another clock shows at a time; for months, on the first day.
    func noon(_ count: Int, _ period: Period, after time: Int64, on other: LocalTime) -> Int64 {
        var parts = other.calendar.dateComponents([.year, .month, .day], from: Self.date(time))
        if period == .month { parts.day = 1 }
        parts.hour = 12
        guard let noon = calendar.date(from: parts), let later = calendar.date(byAdding: period.component, value: count, to: noon) else {
            return time
        }
        return Self.milliseconds(later)
    }

    /// The local day of a time, in days since 1970.
    func day(of time: Int64) -> Int { Int((time + offset(at: time)).floored(by: Self.dayLength) / Self.dayLength) }

    /// How far the clock is ahead of UTC, in milliseconds.
    func offset(at time: Int64) -> Int64 { Int64(calendar.timeZone.secondsFromGMT(for: Self.date(time))) * 1_000 }

    /// When the UTC offset next changes after a time, to the second; `end` if that comes first.
    func shift(after time: Int64, before end: Int64) -> Int64 {
        let offset = offset(at: time)
        var (low, high) = (time, min(time + Self.look, end))
        while self.offset(at: high) == offset {
            guard high < end else { return end }
            (low, high) = (high, min(high + Self.look, end))
        }
        while high - low > 1_000 {
            let middle = low + (high - low) / 2
            if self.offset(at: middle) == offset { low = middle } else { high = middle }
        }
        return high
    }

    static let dayLength: Int64 = 86_400_000
    /// The search step: no zone has changed its offset twice within this time.
    private static let look = 3 * dayLength

    private static func date(_ time: Int64) -> Date { Date(timeIntervalSince1970: Double(time) / 1_000) }
    private static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1_000).rounded()) }
}

extension Period {
    fileprivate var component: Calendar.Component { self == .day ? .day : .month }
}

extension Int64 {
    /// The largest multiple of `unit` that is not above this number.
    func floored(by unit: Int64) -> Int64 { self - ((self % unit) + unit) % unit }
}
