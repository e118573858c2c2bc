import Fuzzing
import Testing

@testable import Wording

/// Swift takes none in a literal.
private let noncharacters = String(String.UnicodeScalarView([0xfdd0, 0x1fffe].compactMap { Unicode.Scalar($0 as UInt32) }))

@Suite("Text from outside, made visible")
struct VisibleTextTests {
    @Test(
        "What moves, hides or reorders is named in its place",
        arguments: [
            ("a\u{1b}[2Jb", "a^[[2Jb"), ("\u{1b}]52;c;aGk=\u{7}", "^[]52;c;aGk=^G"),
            ("\u{9b}2J\u{9d}0;x\u{9c}", "<U+009B>2J<U+009D>0;x<U+009C>"),
            ("a\u{8}\u{8}b", "a^H^Hb"), ("safe\revil", "safe^Mevil"), ("a\u{7f}", "a^?"),
            ("a\u{85}b\u{2028}c\u{2029}", "a<U+0085>b<U+2028>c<U+2029>"),
            ("\u{202e}cod.exe\u{202c}", "<U+202E>cod.exe<U+202C>"), ("\u{2066}a\u{2069}", "<U+2066>a<U+2069>"), ("\u{61c}a", "<U+061C>a"),
            ("pay\u{200b}pal", "pay<U+200B>pal"), ("a\u{200d}b", "a<U+200D>b"), ("a\u{feff}b", "a<U+FEFF>b"), ("a\u{ad}b", "a<U+00AD>b"),
            ("a\u{fe0f}", "a<U+FE0F>"), ("a\u{e0100}", "a<U+E0100>"), ("x\u{e0041}\u{e007f}", "x<U+E0041><U+E007F>"),
            ("1\u{fe0f}2", "1<U+FE0F>2"),
            ("🙂\u{fe0f}\u{fe0f}", "🙂\u{fe0f}<U+FE0F>"), ("🙂\u{200d}", "🙂<U+200D>"), ("🙂\u{200d}x", "🙂<U+200D>x"),
            ("\u{200d}🙂", "<U+200D>🙂"),
            ("🙂\u{200d}\u{200d}🙂", "🙂<U+200D><U+200D>🙂"), ("🙂\u{200d}1", "🙂<U+200D>1"),
            ("\u{fff9}a\u{fffa}b\u{fffb}", "<U+FFF9>a<U+FFFA>b<U+FFFB>"),
            ("\u{3164}\u{115f}\u{1160}\u{ffa0}\u{2800}", "<U+3164><U+115F><U+1160><U+FFA0><U+2800>"),
            ("\u{e000}\u{f0000}", "<U+E000><U+F0000>"), (noncharacters, "<U+FDD0><U+1FFFE>"),
            ("e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}\u{301}\u{301}<U+0301><U+0301>"), ("\u{338}no", "<U+0338>no"),
            ("\u{1b}\u{301}", "^[<U+0301>"),
        ])
    func named(_ text: String, _ shown: String) {
        #expect(VisibleText(text).text == shown, "\(VisibleText(text).text.debugDescription)")
        #expect(VisibleText(text, as: .block).text == shown)
    }

    @Test(
        "Words of all scripts, accents and emoji stay as they are",
        arguments: [
            "Größe, naïve, Łódź", "e\u{301}te\u{301}", "Việt Nam, vie\u{323}\u{302}t", "漢字かな交じり文、한국어", "שָׁלוֹם עולם", "السلام عليكم", "हिन्दी",
            "ไทยที่",
            "🙂 👍🏽 🇩🇪 ❤️ ©️", "👩‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 ❤️‍🔥 👨‍⚕️", "1️⃣ #️⃣", "“quotes” – dashes … → ✓ ⏎", "a\u{a0}b\u{202f}c\u{3000}d", "{\"a\": [1]} \\u202e",
        ])
    func unharmed(_ text: String) {
        #expect(VisibleText(text).text.unicodeScalars.elementsEqual(text.unicodeScalars), "\(VisibleText(text).text.debugDescription)")
        #expect(VisibleText(text, as: .block).text.unicodeScalars.elementsEqual(text.unicodeScalars))
    }

    @Test("Newlines and tabs stay in a block and are shown in a line")
    func forms() {
        #expect(VisibleText("a\n\tb\r\nc", as: .block).text == "a\n\tb^M\nc")
        #expect(VisibleText("a\n\tb\r\nc", as: .line).text == "a⏎ b^M⏎c")
        #expect(VisibleText("a\n\u{301}", as: .block).text == "a\n<U+0301>", "No accent can reach what stands before the line")
    }

    @Test("Bytes that are no UTF-8 are named: alone, cut short, overlong, surrogates")
    func bytes() {
        let named: [([UInt8], String)] = [
            ([0x63, 0xe9, 0x0a], "c<E9>\n"), ([0xc3], "<C3>"), ([0xc0, 0x80], "<C0><80>"), ([0xed, 0xa0, 0x80], "<ED><A0><80>"),
            ([0xf4, 0x90, 0x80, 0x80], "<F4><90><80><80>"), ([0xc2, 0x9b], "<U+009B>"), (Array("é漢🙂".utf8), "é漢🙂"),
        ]
        for (bytes, shown) in named { #expect(VisibleText(bytes: bytes, as: .block).text == shown) }
    }

    @Test("A text that comes in pieces is shown as it is in one, wherever it is cut")
    func pieces() {
        for text in ["👩🏽‍💻 e\u{301} 1️⃣ ❤️‍🔥\u{1b}[2J", "🙂\u{200d}x1\u{fe0f}y", "\u{301}a\u{301}\u{301}\u{301}\u{301}\u{301}🙂\u{200d}"] {
            let scalars = Array(text.unicodeScalars)
            for cut in 0...scalars.count {
                var stream = VisibleText.Stream(.block)
                let pieces = [scalars[..<cut], scalars[cut...]].map { piece in
                    stream.take(String(String.UnicodeScalarView(piece))).text
                }
                let shown = pieces.joined() + stream.end().text
                #expect(shown.unicodeScalars.elementsEqual(VisibleText(text, as: .block).text.unicodeScalars), "\(shown.debugDescription)")
            }
        }
    }

    @Test("JSON keeps its values and shows no hidden character")
    func json() {
        let shown = VisibleText(json: "{\"\u{338}a\":\"\u{9b}ü\u{202e}👩‍💻\u{e0041}\u{7f}\"}\n").text
        #expect(shown == #"{"\u0338a":"\u009bü\u202e👩‍💻\udb40\udc41\u007f"}"# + "\n")
    }

    @Test("No random text shows a hidden character except within an emoji, and what is visible stays as it is")
    func random() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let text = HostileText.make(&generator)
            for form in [VisibleText.Form.line, .block] {
                let shown = VisibleText(text, as: form).text
                #expect(HostileText.hidden(in: shown, newlines: form == .block).isEmpty, "\(text.debugDescription)")
                #expect(VisibleText(shown, as: form).text.unicodeScalars.elementsEqual(shown.unicodeScalars), "\(text.debugDescription)")
            }
        }
    }
}
