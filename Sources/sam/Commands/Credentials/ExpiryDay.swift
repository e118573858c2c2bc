import API
import Foundation

/// The last day on which a key is of use, as a person types it.
struct ExpiryDay {
    /// When it is over, in UTC milliseconds.
    let end: Int64

    /// Reads a day like 2027-01-31, in UTC.
    ///
    /// - Parameter now: UTC milliseconds. A day that is over is refused: the key would be of no use from the start.
    /// - Throws: `APIClient.Failure` that says what is wrong.
    init(_ text: String, now: Int64) throws {
        guard let match = text.wholeMatch(of: #/(\d{4})-(\d{2})-(\d{2})/#), let year = Int(match.1), let month = Int(match.2),
            let day = Int(match.3)
        else { throw Self.failure("--expires takes a day like 2027-01-31, not “\(text)”.") }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = DateComponents(year: year, month: month, day: day)
        // A calendar makes the 2nd of March of the 30th of February.
        guard let date = calendar.date(from: parts), calendar.dateComponents([.year, .month, .day], from: date) == parts else {
            throw Self.failure("--expires: there is no day \(text).")
        }
        end = Int64(date.timeIntervalSince1970 * 1_000) + 86_400_000
        guard end > now else { throw Self.failure("--expires: \(text) is over. The key that is stored stays as it is.") }
    }

    private static func failure(_ description: String) -> APIClient.Failure {
        APIClient.Failure(status: nil, description: description)
    }
}
