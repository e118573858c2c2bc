/// The table of characters that move the cursor, reorder the text around them, or can't be seen.
///
/// Sources: the categories Cc, Cf, Co, Zl and Zp of the Unicode Character Database; the bidirectional controls of UAX #9, table 2.1;
/// `Default_Ignorable_Code_Point` of UAX #44, which UAX #31 and UTS #39 keep out of identifiers; the noncharacters of chapter 23.7 of the
/// Unicode Standard; and a few that draw nothing although no property says so. A test compares the table with the properties in the
/// standard library.
public enum HiddenCharacters {
    /// The effect of a character on the text around it.
    public enum Effect: Sendable {
        /// Moves the cursor, starts an escape sequence, or breaks a line.
        case moves
        /// Changes the order or shape in which neighbouring characters are drawn.
        case reorders
        /// Has no width and draws nothing.
        case hides
        /// Draws nothing where a letter or sign is expected.
        case looksBlank
        /// Joins the neighbouring characters into one picture.
        case joins
        /// Selects another picture of the preceding character, usually an equal one.
        case selects
        /// Has no meaning on which programs agree.
        case hasNoMeaning
    }

    /// The effect of a character; `nil` for an ordinary one.
    public static func effect(of scalar: Unicode.Scalar) -> Effect? {
        let value = scalar.value
        if (0x20..<0x7f).contains(value) { return nil }
        // The last two code points of each plane.
        if value & 0xfffe == 0xfffe { return .hasNoMeaning }
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            let row = table[middle]
            if value < row.range.lowerBound {
                high = middle
            } else if value > row.range.upperBound {
                low = middle + 1
            } else {
                return row.effect
            }
        }
        return nil
    }

    /// The table, in order. The last two code points of each plane, which are noncharacters, are not listed.
    public static let table: [(range: ClosedRange<UInt32>, effect: Effect)] = [
        (0x0000...0x001f, .moves),  // C0: escape, backspace, carriage return, newline, tab…
        (0x007f...0x009f, .moves),  // Delete, and C1: CSI, OSC, next line…
        (0x00ad...0x00ad, .hides),  // Soft hyphen
        (0x034f...0x034f, .hides),  // Combining grapheme joiner
        (0x0600...0x0605, .reorders),  // Arabic signs that enclose the digits after them
        (0x061c...0x061c, .reorders),  // Arabic letter mark
        (0x06dd...0x06dd, .reorders),  // Arabic end of ayah, encloses digits too
        (0x070f...0x070f, .reorders),  // Syriac abbreviation mark, encloses letters
        (0x0890...0x0891, .reorders),  // Arabic currency marks, the same
        (0x08e2...0x08e2, .reorders),  // Arabic disputed end of ayah, the same
        (0x115f...0x1160, .looksBlank),  // Hangul fillers
        (0x17b4...0x17b5, .hides),  // Khmer inherent vowels
        (0x180b...0x180d, .selects),  // Mongolian variation selectors
        (0x180e...0x180e, .hides),  // Mongolian vowel separator
        (0x180f...0x180f, .selects),  // Mongolian variation selector
        (0x200b...0x200b, .hides),  // Zero width space
        (0x200c...0x200d, .joins),  // Zero width non-joiner and joiner
        (0x200e...0x200f, .reorders),  // Left-to-right and right-to-left marks
        (0x2028...0x2029, .moves),  // Line and paragraph separators
        (0x202a...0x202e, .reorders),  // Embeddings and overrides
        (0x2060...0x2065, .hides),  // Word joiner, invisible operators, reserved
        (0x2066...0x2069, .reorders),  // Isolates
        (0x206a...0x206f, .hides),  // Deprecated format characters
        (0x2800...0x2800, .looksBlank),  // Braille pattern without dots
        (0x3164...0x3164, .looksBlank),  // Hangul filler
        (0xe000...0xf8ff, .hasNoMeaning),  // Private use
        (0xfdd0...0xfdef, .hasNoMeaning),  // Noncharacters
        (0xfe00...0xfe0f, .selects),  // Variation selectors
        (0xfeff...0xfeff, .hides),  // Zero width no-break space, the byte order mark
        (0xffa0...0xffa0, .looksBlank),  // Halfwidth Hangul filler
        (0xfff0...0xfff8, .hides),  // Reserved
        (0xfff9...0xfffb, .hides),  // Interlinear annotation
        (0xfffc...0xfffc, .looksBlank),  // Object replacement character, stands for a missing object
        (0x110bd...0x110bd, .reorders),  // Kaithi number sign
        (0x110cd...0x110cd, .reorders),  // Kaithi number sign above
        (0x13430...0x1343f, .reorders),  // Egyptian hieroglyph format controls
        (0x16fe4...0x16fe4, .looksBlank),  // Khitan small script filler
        (0x1bca0...0x1bca3, .reorders),  // Shorthand format controls
        (0x1d159...0x1d159, .looksBlank),  // Musical symbol null notehead
        (0x1d173...0x1d17a, .reorders),  // Musical symbols that begin and end beams, ties and slurs
        (0xe0000...0xe00ff, .hides),  // Tags
        (0xe0100...0xe01ef, .selects),  // Variation selectors
        (0xe01f0...0xe0fff, .hides),  // Reserved
        (0xf0000...0xffffd, .hasNoMeaning),  // Private use
        (0x100000...0x10fffd, .hasNoMeaning),  // Private use
    ]
}
