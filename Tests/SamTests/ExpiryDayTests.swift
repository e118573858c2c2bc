import API
import Testing

@testable import sam

@Suite("The day on which a key expires")
struct ExpiryDayTests {
    /// 2026-11-30, 12:00 UTC.
    private static let now: Int64 = 1_796_040_000_000

    @Test(
        "A day that there is, today or later, is over at its end in UTC",
        arguments: [("2026-11-30", 1_796_083_200_000), ("2027-01-31", 1_801_440_000_000), ("2028-02-29", 1_835_481_600_000)]
            as [(String, Int64)])
    func taken(_ text: String, _ end: Int64) throws {
        #expect(try ExpiryDay(text, now: Self.now).end == end)
    }

    @Test(
        "One that there is not, that is over, or that is no day is refused with the reason",
        arguments: [
            ("2027-02-30", "no day 2027-02-30"), ("2027-02-29", "no day"), ("2027-13-01", "no day"), ("2027-00-10", "no day"),
            ("2020-01-31", "is over"), ("2026-11-29", "is over"), ("tomorrow", "a day like"), ("2027-1-31", "a day like"),
            ("", "a day like"),
            ("2027-01-31T00:00:00Z", "a day like"),
        ])
    func refused(_ text: String, _ words: String) {
        let error = #expect(throws: APIClient.Failure.self) { try ExpiryDay(text, now: Self.now) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
