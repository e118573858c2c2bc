/// Text from outside in a form that is safe to show: characters that ``HiddenCharacters`` lists are replaced by their names.
///
/// Control characters become `^[`, other hidden characters `<U+202E>`, bytes that are not text `<E9>`, as in `less`. Letters of all
/// scripts, their accents and emoji are unchanged, except for more than four accents on one letter (UTS #39, 5.4). The conversion is
/// idempotent.
public struct VisibleText: Sendable, Hashable {
    /// The place where the text is shown.
    public enum Form: Sendable {
        /// Within a line: newlines are shown as ⏎, tabs as a blank.
        case line
        /// On its own lines: newlines and tabs are kept.
        case block
    }

    /// The converted text.
    public private(set) var text: String

    /// Converts a text.
    public init(_ text: some StringProtocol, as form: Form = .line) {
        var stream = Stream(form)
        self = stream.take(text)
        self.text += stream.end().text
    }

    /// Converts bytes that should be UTF-8.
    public init(bytes: some Sequence<UInt8>, as form: Form) {
        var writer = VisibleWriter(form)
        let bytes = Array(bytes)
        var place = 0
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        reading: while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let encoded):
                writer.take(Unicode.UTF8.decode(encoded))
                place += encoded.count
            case .error(let length):
                for byte in bytes[place..<place + length] { writer.take(byte: byte) }
                place += length
            case .emptyInput: break reading
            }
        }
        writer.end()
        text = writer.shown
    }

    /// Converts JSON: the same values, with every hidden character in a text written as `\u202e`.
    ///
    /// Apart from newlines and tabs, JSON has such characters only within texts.
    public init(json: String) {
        var writer = VisibleWriter(.block, naming: .json)
        for scalar in json.unicodeScalars { writer.take(scalar) }
        writer.end()
        text = writer.shown
    }

    private init(shown: String) { text = shown }

    /// Converts text that arrives in pieces. A letter's accents and an emoji's parts may be in the next piece.
    public struct Stream: Sendable {
        private var writer: VisibleWriter

        /// Starts a text.
        public init(_ form: Form) { writer = VisibleWriter(form) }

        /// Adds a piece.
        ///
        /// - Returns: the text that can be shown now.
        public mutating func take(_ piece: some StringProtocol) -> VisibleText {
            for scalar in piece.unicodeScalars { writer.take(scalar) }
            return VisibleText(shown: writer.handOver())
        }

        /// Ends the text.
        ///
        /// - Returns: the text that was held back.
        public mutating func end() -> VisibleText {
            writer.end()
            return VisibleText(shown: writer.handOver())
        }
    }
}
