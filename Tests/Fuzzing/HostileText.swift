import Wording

/// Random texts of what attacks a reader, and what is left of it in what was shown.
public enum HostileText {
    /// A text with hidden characters of all rows, escape sequences, and ordinary letters between.
    public static func make(_ generator: inout some RandomNumberGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: text.append(contentsOf: sequences.randomElement(using: &generator)?.unicodeScalars ?? "".unicodeScalars)
            case 1, 2:
                let row = HiddenCharacters.table[Int.random(in: HiddenCharacters.table.indices, using: &generator)]
                if let scalar = Unicode.Scalar(UInt32.random(in: row.range, using: &generator)) { text.append(scalar) }
            case 3: if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10ffff, using: &generator)) { text.append(scalar) }
            case 4:
                text.append(
                    contentsOf: ["\u{301}", "\u{338}", "\u{20e3}", "\u{200d}", "\u{fe0f}"].randomElement(using: &generator)?.unicodeScalars
                        ?? "".unicodeScalars)
            default:
                text.append(
                    contentsOf: ["a", "ü", "漢", "ب", "🙂", "👩‍💻", "1", " ", "“"].randomElement(using: &generator)?.unicodeScalars
                        ?? "".unicodeScalars)
            }
        }
        return String(text)
    }

    /// What has been tried against terminals.
    public static let sequences = [
        "\u{1b}]52;c;cm0gLXJm\u{7}", "\u{1b}[2J\u{1b}[H", "\u{9b}31m", "\u{9d}0;owned\u{9c}", "\u{1b}P+q\u{1b}\\", "\u{202e}txt.exe",
        "\r\n", "\u{8}\u{8}\u{8}",
        "\n● completed  0.1 s", "\u{2066}\u{2069}", "\u{e0001}\u{e0041}",
    ]

    /// The hidden characters in a text, those excepted that belong to an emoji's picture.
    public static func hidden(in text: String, newlines: Bool) -> [Unicode.Scalar] {
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.filter { place in
            let scalar = scalars[place]
            guard HiddenCharacters.effect(of: scalar) != nil else { return false }
            let before = place > 0 ? scalars[place - 1] : " "
            let after = place + 1 < scalars.count ? scalars[place + 1] : " "
            switch scalar {
            case "\n", "\t": return !newlines
            case "\u{200d}": return !(isPicture(before) || before == "\u{fe0f}" || before == "\u{fe0e}") || !isPicture(after)
            case "\u{fe0e}", "\u{fe0f}": return !isPicture(before) && !(before.properties.isEmoji && after == "\u{20e3}")
            default: return true
            }
        }.map { scalars[$0] }
    }

    private static func isPicture(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isEmoji && !scalar.isASCII }
}
