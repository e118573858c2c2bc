import API
import Foundation
import Store
import Testing

@testable import ControlPlane

@Suite("The cursors of lists")
struct PagingTests {
    @Test(
        "A cursor comes back as the place that it was made of, and has nothing that a URL would change",
        arguments: [
            PageKey(number: 0, text: ""), PageKey(number: .max, text: "\u{10FFFF}"), PageKey(number: .min, text: "a.b.c"),
            PageKey(number: 1_764_435_600_000, text: "settled:s_0123456789ab"), PageKey(text: "ü / + = ? & \u{1b}[31m 🦊"),
            PageKey(number: -1, text: String(repeating: "x", count: 500)),
        ])
    func roundTrip(_ key: PageKey) {
        #expect(PageKey(cursor: key.cursor) == key)
        #expect(key.cursor.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }

    @Test(
        "What SAM did not make is no cursor",
        arguments: [
            "", " ", "1", "next", "%00", "....", "MQ", "YS5i", "MS4A", "gICA", String(repeating: "A", count: 2_000), "MS5h\n", "MS5h=",
            "🦊", "OTIyMzM3MjAzNjg1NDc3NTgwOC5h",
        ])
    func none(_ text: String) {
        #expect(PageKey(cursor: text) == nil)
    }
}
