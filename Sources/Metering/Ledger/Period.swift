import Foundation
import Store

/// The time for which a budget holds. Periods begin at midnight UTC.
public enum Period: String, Sendable, Hashable, Codable, CaseIterable, SQLBindable {
    case day, month

    private static let calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// The period that a time lies in.
    ///
    /// - Parameter time: UTC milliseconds.
    /// - Returns: its first millisecond and that of the next one.
    public func interval(of time: Int64) -> (start: Int64, end: Int64) {
        let date = Date(timeIntervalSince1970: Double(time) / 1_000)
        let interval = Self.calendar.dateInterval(of: self == .day ? .day : .month, for: date)
        let start = interval?.start ?? date
        let end = interval?.end ?? date
        return (Int64(start.timeIntervalSince1970 * 1_000), Int64(end.timeIntervalSince1970 * 1_000))
    }
}
