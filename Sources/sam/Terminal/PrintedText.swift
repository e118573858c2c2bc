import Wording

/// Text as a terminal gets it: words and styles of the program's own, and between them whatever came from outside, made visible.
///
/// It is made from literals only. Every value that a literal interpolates, whoever wrote it, goes through ``VisibleText``; so text from
/// outside is printed in one way, and no place can forget to. There is no initialiser that takes a text as it is.
struct PrintedText: Sendable, Hashable {
    /// How a piece looks on a terminal with colours.
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

    /// Nothing.
    init() {}

    /// Text from outside within a line.
    init(_ text: some StringProtocol) { self.init(VisibleText(text)) }

    /// Text that was made visible.
    init(_ text: VisibleText) { append(text.text) }

    /// Whether there is nothing in it.
    var isEmpty: Bool { pieces.isEmpty }

    /// How many characters it has.
    var count: Int { pieces.reduce(0) { $0 + $1.text.count } }

    /// Whether it ends a line.
    var endsLine: Bool { pieces.last?.text.last == "\n" }

    /// The same in these styles, where it has none of its own.
    func styled(_ styles: Style...) -> PrintedText { styled(styles) }

    /// The same in these styles, where it has none of its own.
    func styled(_ styles: [Style]) -> PrintedText {
        var styled = PrintedText()
        for piece in pieces { styled.append(piece.text, piece.styles.isEmpty ? styles : piece.styles) }
        return styled
    }

    /// The same with blanks behind it, up to so many characters.
    func padded(to width: Int) -> PrintedText {
        var padded = self
        padded.append(String(repeating: " ", count: max(0, width - count)))
        return padded
    }

    /// The same with so many blanks before what stands in each line.
    ///
    /// - Parameter startsLine: whether it begins at the beginning of a line.
    func indented(by blanks: Int, startsLine: Bool) -> PrintedText {
        guard blanks > 0 else { return self }
        var startsLine = startsLine
        var indented = PrintedText()
        for piece in pieces {
            var text = String.UnicodeScalarView()
            for scalar in piece.text.unicodeScalars {
                if startsLine, scalar != "\n" { text.append(contentsOf: repeatElement(" ", count: blanks)) }
                startsLine = scalar == "\n"
                text.append(scalar)
            }
            indented.append(String(text), piece.styles)
        }
        return indented
    }

    /// What is written to the terminal.
    ///
    /// - Parameter colour: whether the styles are written, too.
    func rendered(colour: Bool) -> String {
        guard colour else { return pieces.map(\.text).joined() }
        return pieces.map { piece in
            guard !piece.styles.isEmpty else { return piece.text }
            return "\u{1b}[\(piece.styles.map(\.rawValue).joined(separator: ";"))m\(piece.text)\u{1b}[0m"
        }.joined()
    }

    /// One after the other.
    static func + (left: PrintedText, right: PrintedText) -> PrintedText {
        var both = left
        both += right
        return both
    }

    /// Adds another at the end.
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
    // Static: the compiler takes nothing but what stands in the source.

    /// Words of the program's own.
    init(stringLiteral value: StaticString) { append(value.description) }

    /// A literal with values in it.
    init(stringInterpolation: StringInterpolation) { self = stringInterpolation.text }

    /// Collects a literal's pieces.
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = PrintedText()

        /// Begins.
        init(literalCapacity: Int, interpolationCount: Int) {}

        /// Words of the program's own.
        mutating func appendLiteral(_ literal: StaticString) { text.append(literal.description) }

        /// A text from outside, within the line.
        mutating func appendInterpolation(_ value: some StringProtocol) { text += PrintedText(value) }

        /// A value, as its description within the line.
        mutating func appendInterpolation(_ value: some CustomStringConvertible) { text += PrintedText(value.description) }

        /// What was made for printing before.
        mutating func appendInterpolation(_ value: PrintedText) { text += value }

        /// What was made visible before.
        mutating func appendInterpolation(_ value: VisibleText) { text += PrintedText(value) }

        /// A text from outside in lines of its own.
        ///
        /// - Parameter indent: how many blanks stand before each line but the first.
        mutating func appendInterpolation(block value: some StringProtocol, indent: Int = 0) {
            text += PrintedText(VisibleText(value, as: .block)).indented(by: indent, startsLine: false)
        }
    }
}

extension Sequence<PrintedText> {
    /// All of them, with something between each two.
    func joined(separator: PrintedText = PrintedText()) -> PrintedText {
        var joined = PrintedText()
        for (number, text) in enumerated() {
            if number > 0 { joined += separator }
            joined += text
        }
        return joined
    }
}
