import AgentProtocol
import Foundation
import Testing

@Suite("Counting the values of a JSON text without decoding it")
struct JSONLineCountTests {
    @Test(
        "Values and names count, but nothing inside of strings",
        arguments: [
            ("0", 1), ("[]", 2), ("[0,0,0]", 4), (#"{"a":1,"b":[2]}"#, 6), (#"",,,[[[:::""#, 1), (#""\",\\\",,""#, 1),
            (#"["\\",","]"#, 3), ("[[],{}]", 5),
        ])
    func counts(text: String, count: Int) {
        #expect(!JSONLine.hasMoreValues(than: count, in: Data(text.utf8)))
        #expect(JSONLine.hasMoreValues(than: count - 1, in: Data(text.utf8)))
    }

    @Test(
        "In UTF-16 and UTF-32, where a letter can have the bytes of a quote, the count is not too low",
        arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32LittleEndian, .utf32BigEndian])
    func wideEncodings(encoding: String.Encoding) throws {
        let text = "[\"\u{2200}\"," + Array(repeating: "0", count: 100).joined(separator: ",") + "]"
        let data = try #require(text.data(using: encoding))
        #expect(JSONLine.hasMoreValues(than: 100, in: data))
    }
}
