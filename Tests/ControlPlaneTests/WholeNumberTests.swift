import API
import Testing

@testable import ControlPlane

@Suite("Numbers that clients send")
struct WholeNumberTests {
    @Test(
        "A number in the range is taken",
        arguments: [("0", 0...10, 0), ("10", 0...10, 10), ("9223372036854775807", 0...Int.max, Int.max), ("500", 1...1_000, 500)])
    func taken(_ text: String, _ range: ClosedRange<Int>, _ value: Int) throws {
        #expect(try WholeNumber(text, named: "limit", in: range).value == value)
    }

    @Test(
        "What is none, out of the range, too large for any machine or written in another way is a 400 with the field and the range",
        arguments: [
            "", "-1", "0", "1001", "+5", "05", " 5", "5 ", "1e3", "0x10", "five", "٣", "9223372036854775808", "-9223372036854775809",
            "99999999999999999999999999", "5.0", "null",
        ])
    func refused(_ text: String) {
        let problem = #expect(throws: Problem.self) { try WholeNumber(text, named: "limit", in: 1...1_000) }
        #expect(problem?.status == 400)
        #expect(problem?.detail == "limit is a whole number from 1 to 1000, not “\(text)”.")
    }
}
