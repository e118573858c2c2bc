import API
import Hummingbird
import Metering

extension UsageSince {
    /// The most days that a report can be requested for.
    private static let mostDays = 10_000

    /// Parses the parameters of a query that say where a report begins.
    ///
    /// - Throws: `Problem` for both at once, and for what is not a beginning.
    init(since: (some StringProtocol)?, days: (some StringProtocol)?) throws(Problem) {
        switch (since, days) {
        case (nil, nil): self = .time(0)
        case (nil, let days?): self = .days(try WholeNumber(days, named: "days", in: 1...Self.mostDays).value)
        case (let since?, nil):
            if let period = Period(rawValue: String(since)) {
                self = .current(period)
            } else {
                self = .time(try Int64(WholeNumber(since, named: "since (in UTC milliseconds; or day, or month)", in: 0 ... .max).value))
            }
        case (_?, _?): throw Problem(.badRequest, "“since” and “days” both say where the report begins. Send one of them.")
        }
    }
}
