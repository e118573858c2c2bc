import Metering
import Testing

@Suite("Money")
struct MoneyTests {
    @Test(
        "An amount is read and shown",
        arguments: [
            ("20", 20_000_000_000, "$20.00"), ("0.05", 50_000_000, "$0.0500"), ("$3.5", 3_500_000_000, "$3.50"),
            ("0.000000001", 1, "$0.000000"), ("0", 0, "$0.00"),
        ])
    func amounts(_ text: String, _ value: Int64, _ shown: String) throws {
        let money = try Money(parsing: text)
        #expect(money.rawValue == value)
        #expect(money.text == shown)
    }

    @Test("An invalid amount is refused", arguments: ["", "-1", "1,5", "1e9", "ten", "12345678", "1.", ".5", "0.0000000001"])
    func refused(_ text: String) {
        #expect(throws: MeteringError.self) { try Money(parsing: text) }
    }
}
