import API
import Metering
import Testing

@testable import ControlPlane

@Suite("The beginning of a usage report in a query")
struct UsageSinceQueryTests {
    @Test(
        "It is a time, the current day or month, or the last so many days; without either it is the first use",
        arguments: [
            (nil, nil, .time(0)), ("0", nil, .time(0)), ("1700000000000", nil, .time(1_700_000_000_000)), ("day", nil, .current(.day)),
            ("month", nil, .current(.month)), (nil, "1", .days(1)), (nil, "7", .days(7)), (nil, "10000", .days(10_000)),
        ] as [(String?, String?, UsageSince)])
    func taken(_ since: String?, _ days: String?, _ start: UsageSince) throws {
        #expect(try UsageSince(since: since, days: days) == start)
    }

    @Test(
        "What is not a beginning is a 400 that says what is",
        arguments: [
            (nil, "0", "days is a whole number from 1 to 10000, not “0”."), (nil, "-1", "not “-1”"), (nil, "x", "not “x”"),
            (nil, "", "not “”"),
            (nil, "10001", "not “10001”"), (nil, "1.5", "not “1.5”"), ("-1", nil, "since"), ("week", nil, "or day, or month"),
            ("0", "7", "Send one of them"), ("day", "7", "Send one of them"), ("x", "x", "Send one of them"),
        ] as [(String?, String?, String)])
    func refused(_ since: String?, _ days: String?, _ words: String) {
        let problem = #expect(throws: Problem.self) { try UsageSince(since: since, days: days) }
        #expect(problem?.status == 400)
        #expect(problem?.detail.contains(words) == true, "\(problem?.detail ?? "")")
    }
}
