import Testing
import Wording

@testable import sam

@Suite("Text that is printed")
struct PrintedTextTests {
    private struct Described: CustomStringConvertible {
        var description: String
    }

    @Test("Every value that is put into it is made visible, whatever its type; its own words are not")
    func values() {
        let bad = "x\u{1b}[2J\u{202e}\n"
        let shown = "x^[[2J<U+202E>⏎"
        let texts: [PrintedText] = [
            "a\n\(bad)", "a\n\(bad[...])", "a\n\(Described(description: bad))", "a\n\(VisibleText(bad))", "a\n\("\(bad)" as PrintedText)",
            "a\n" + PrintedText(bad), "a\n\(PrintedText(bad).styled(.bold))", "a\n\([bad].map { PrintedText($0) }.joined())",
        ]
        for text in texts { #expect(text.rendered(colour: false) == "a\n" + shown) }
        let error: PrintedText = "\(Described(description: bad)) and \(7)"
        #expect(error.rendered(colour: false) == shown + " and 7")
    }

    @Test("A block keeps its lines, each of them further to the right where that is asked for")
    func block() {
        let text: PrintedText = "› \(block: "one\ntwo\u{1b}", indent: 2)"
        #expect(text.rendered(colour: false) == "› one\n  two^[")
    }

    @Test("Styles are written on a terminal with colours only, and an inner style is kept")
    func styles() {
        let inner: PrintedText = "b"
        let text = ("a \(inner.styled(.bold)) \("c\u{1b}[0m")" as PrintedText).styled(.dim)
        #expect(text.rendered(colour: false) == "a b c^[[0m")
        #expect(text.rendered(colour: true) == "\u{1b}[2ma \u{1b}[0m\u{1b}[1mb\u{1b}[0m\u{1b}[2m c^[[0m\u{1b}[0m")
        #expect(("ab" as PrintedText).padded(to: 4) + "c" == "ab  c")
    }
}
