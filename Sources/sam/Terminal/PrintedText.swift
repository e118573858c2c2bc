import Wording

/// Text for a terminal: the program's own words with styles, and text from outside made visible.
///
/// It is made from literals only, and every interpolated value goes through ``VisibleText``, so that text from outside can't be printed
/// unsafely by mistake. No initialiser takes a text unchanged.
struct PrintedText: Sendable, Hashable {
    /// The style of a piece on a terminal with colours.
    enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    private struct Piece: Sendable, Hashable {
        var text: String
        var styles: [Style]
    }

    private var pieces: [Piece] = []

    /// Creates an empty text.
    init() {}

    /// Creates a text from outside, in one line.
    init(_ text: some StringProtocol) { self.init(VisibleText(text)) }

    /// Creates a text that was made visible.
    init(_ text: VisibleText) { append(text.text) }

    /// Whether it is empty.
    var isEmpty: Bool { pieces.isEmpty }

    /// The number of characters.
    var count: Int { pieces.reduce(0) { $0 + $1.text.count } }

    /// Whether it ends with a newline.
    var endsLine: Bool { pieces.last?.text.last == "\n" }

    /// The same with these styles on all pieces without styles.
    func styled(_ styles: Style...) -> PrintedText { styled(styles) }

    /// The same with these styles on all pieces without styles.
    func styled(_ styles: [Style]) -> PrintedText {
        var styled = PrintedText()
        for piece in pieces { styled.append(piece.text, piece.styles.isEmpty ? styles : piece.styles) }
        return styled
    }

    /// The same padded with blanks to a number of characters.
    func padded(to width: Int) -> PrintedText {
        var padded = self
        padded.append(String(repeating: " ", count: max(0, width - count)))
        return padded
    }

    /// The same up to so many characters, the last of which is then “…”.
    func cut(to width: Int) -> PrintedText {
        guard count > width else { return self }
        var cut = PrintedText()
        var room = max(0, width - 1)
        for piece in pieces {
            cut.append(String(piece.text.prefix(room)), piece.styles)
            room -= min(room, piece.text.count)
        }
        cut.append("…")
        return cut
    }

    /// The same with so many blanks before what stands in each line.
    ///
    /// - Parameter startsLine: whether it starts at the beginning of a line.
    func indented(by blanks: Int, startsLine: Bool) -> PrintedText {
        prefixed(with: "\(String(repeating: " ", count: blanks))", startsLine: startsLine)
    }

    /// The same with a prefix before what stands in each line.
    ///
    /// - Parameter startsLine: whether it starts at the beginning of a line.
    func prefixed(with prefix: PrintedText, startsLine: Bool) -> PrintedText {
        guard !prefix.isEmpty else { return self }
        let prefix = prefix.rendered(colour: false)
        var startsLine = startsLine
        var indented = PrintedText()
        for piece in pieces {
            var text = String.UnicodeScalarView()
            for scalar in piece.text.unicodeScalars {
                if startsLine, scalar != "\n" { text.append(contentsOf: prefix.unicodeScalars) }
                startsLine = scalar == "\n"
                text.append(scalar)
            }
            indented.append(String(text), piece.styles)
        }
        return indented
    }

    /// The text for the terminal.
    ///
    /// - Parameter colour: whether to include the styles.
    func rendered(colour: Bool) -> String {
        guard colour else { return pieces.map(\.text).joined() }
        return pieces.map { piece in
            guard !piece.styles.isEmpty else { return piece.text }
            return "\u{1b}[\(piece.styles.map(\.rawValue).joined(separator: ";"))m\(piece.text)\u{1b}[0m"
        }.joined()
    }

    /// Concatenates two texts.
    static func + (left: PrintedText, right: PrintedText) -> PrintedText {
        var both = left
        both += right
        return both
    }

    /// Appends a text.
    static func += (left: inout PrintedText, right: PrintedText) {
        for piece in right.pieces { left.append(piece.text, piece.styles) }
    }

    fileprivate mutating func append(_ text: String, _ styles: [Style] = []) {
        guard !text.isEmpty else { return }
        if pieces.last?.styles == styles {
            pieces[pieces.count - 1].text += text
        } else {
            pieces.append(Piece(text: text, styles: styles))
        }
    }
}

extension PrintedText: ExpressibleByStringInterpolation {
    // StaticString: the compiler accepts only literals of the source.

    /// The program's own words.
    init(stringLiteral value: StaticString) { append(value.description) }

    /// A literal with interpolated values.
    init(stringInterpolation: StringInterpolation) { self = stringInterpolation.text }

    /// Collects a literal's pieces.
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = PrintedText()

        /// Creates an empty text.
        init(literalCapacity: Int, interpolationCount: Int) {}

        /// The program's own words.
        mutating func appendLiteral(_ literal: StaticString) { text.append(literal.description) }

        /// A text from outside, in one line.
        mutating func appendInterpolation(_ value: some StringProtocol) { text += PrintedText(value) }

        /// A value's description, in one line.
        mutating func appendInterpolation(_ value: some CustomStringConvertible) { text += PrintedText(value.description) }

        /// A text for the terminal.
        mutating func appendInterpolation(_ value: PrintedText) { text += value }

        /// A text that was made visible.
        mutating func appendInterpolation(_ value: VisibleText) { text += PrintedText(value) }

        /// A text from outside of several lines.
        ///
        /// - Parameter indent: the number of blanks before each line but the first.
        mutating func appendInterpolation(block value: some StringProtocol, indent: Int = 0) {
            text += PrintedText(VisibleText(value, as: .block)).indented(by: indent, startsLine: false)
        }
    }
}

extension Sequence<PrintedText> {
    /// The texts with a separator between them.
    func joined(separator: PrintedText = PrintedText()) -> PrintedText {
        var joined = PrintedText()
        for (number, text) in enumerated() {
            if number > 0 { joined += separator }
            joined += text
        }
        return joined
    }
}
