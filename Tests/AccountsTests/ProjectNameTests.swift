import Accounts
import Testing

@Suite("The names of projects")
struct ProjectNameTests {
    @Test(
        "Letters of any script, digits, dots, dashes and underscores make a name",
        arguments: [
            "a", "swift-nio", "0", "v1.2_b", "ümläut", "Straße", "проект", "日本語", "한국어", "مشروع", "שלום", "हिन्दी", "ไทย", "٣", "a.", "ａ",
            String(repeating: "ü", count: 64),
        ])
    func taken(_ text: String) throws {
        #expect(try ProjectName(text).text == text)
    }

    @Test("However a file system or keyboard writes a name, it is one", arguments: [("u\u{308}ml", "\u{fc}ml"), ("\u{212b}", "\u{c5}")])
    func normalised(_ text: String, _ name: String) throws {
        #expect(Array(try ProjectName(text).text.unicodeScalars) == Array(name.unicodeScalars))
    }

    @Test(
        "Signs, blanks, a dash in front, and what can't be seen or reorders are refused",
        arguments: [
            "", " ", "-", "...", "_x", "-x", ".x", "a b", "a/b", "a\u{0}", "🦊", "½", "a\u{200b}b", "a\u{202e}b", "a\u{00ad}b", "\u{3164}",
            "\u{308}a", "a\u{200d}b", "1\u{fe0f}\u{20e3}", "a" + String(repeating: "\u{301}", count: 20),
            String(repeating: "x", count: 65),
        ])
    func refused(_ text: String) {
        let error = #expect(throws: AccountsError.self) { try ProjectName(text) }
        #expect(error?.code == .invalid && error?.message.contains("letters, digits, dots") == true)
        #expect(error?.message.unicodeScalars.contains { "\u{200b}\u{202e}\u{0}".unicodeScalars.contains($0) } == false)
    }

    @Test(
        "From a folder's name a name is made, where it has a letter or digit",
        arguments: [
            ("My Repo", "My-Repo"), ("ümläut", "ümläut"), ("u\u{308}ml", "\u{fc}ml"), ("-odd-", "odd"), (".dotfiles", "dotfiles"),
            ("a  (copy)!", "a-copy"), ("日本語 1", "日本語-1"), ("🦊 fox", "fox"), ("x\u{202e}y", "x-y"), ("---", nil), ("🦊", nil), ("", nil),
            (String(repeating: "x", count: 90), String(repeating: "x", count: 64)),
        ] as [(String, String?)])
    func made(_ text: String, _ name: String?) {
        #expect(ProjectName(madeFrom: text)?.text == name)
    }

    @Test("A suffix is kept whole, and the name remains one")
    func suffix() throws {
        #expect(try ProjectName("ümläut").appending("-2") == "ümläut-2")
        let long = try ProjectName(String(repeating: "é", count: 64)).appending("-12")
        #expect(long.unicodeScalars.count == 64 && long.hasSuffix("é-12"))
        #expect(try ProjectName(long).text == long)
    }
}
