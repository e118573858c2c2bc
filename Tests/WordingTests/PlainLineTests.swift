import Testing
import Wording

@Suite("Lines of text that people write")
struct PlainLineTests {
    @Test(
        "A line of letters, accents and signs of any script is taken, up to the limit",
        arguments: [
            "laptop", "Kims Büro – 2. Gerät", "e\u{301}te\u{301}", "仕事用のキー", "मेरा लैपटॉप", "🙂 ❤️ 👩🏽‍💻", "a\u{a0}b",
            String(repeating: "ü", count: 80), String(repeating: "🙂", count: 80),
        ])
    func taken(_ text: String) {
        #expect(PlainLine.fault(in: text, of: "A name", limit: 80) == nil)
    }

    @Test(
        "A line that is long in code points, or that hides, moves or reorders something, is refused by its field's name",
        arguments: [
            "a" + String(repeating: "\u{301}", count: 900_000), String(repeating: "a", count: 81), String(repeating: "e\u{301}", count: 41),
            "a\nb", "a\tb", "a\r\nb", "a\u{1b}[2Jb", "a\u{9b}2J", "a\u{85}b", "a\u{2028}b", "a\u{7f}", "\u{202e}cod.exe",
            "\u{2066}a\u{2069}",
            "pay\u{200b}pal", "a\u{feff}", "\u{3164}", "a\u{e0041}", "e\u{301}\u{301}\u{301}\u{301}\u{301}",
        ])
    func refused(_ text: String) throws {
        let fault = try #require(PlainLine.fault(in: text, of: "A name", limit: 80))
        #expect(fault.hasPrefix("A name is a line of at most 80 characters"))
        #expect(fault.utf8.count < 1_000 && VisibleText(fault).text == fault)
    }

    @Test("Blanks alone are refused where a line is needed", arguments: ["", " ", "\u{a0} "])
    func blank(_ text: String) {
        #expect(
            PlainLine.fault(in: text, of: "A name", limit: 80, purpose: " that says more")
                == "A name is a line of at most 80 characters that says more.")
        #expect(PlainLine.fault(in: text, of: "A reason", limit: 80, mayBeBlank: true) == nil)
    }
}
