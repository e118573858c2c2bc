/// Text from outside in a form that is safe to show: whatever ``HiddenCharacters`` lists is named in its place and does nothing.
///
/// Control characters become `^[`, other hidden characters `<U+202E>`, bytes that are no text `<E9>`, as `less` shows them. Letters of
/// all scripts, their accents and emoji stay as they are; more than four accents on one letter do not (UTS #39, 5.4). Making visible what
/// is visible already changes nothing.
public struct VisibleText: Sendable, Hashable {
    /// Where the text will stand.
    public enum Form: Sendable {
        /// Within a line: newlines are shown as ⏎, tabs as a blank.
        case line
        /// In lines of its own: newlines and tabs stay.
        case block
    }

    /// The text as it can be shown.
    public private(set) var text: String

    /// Makes a text visible.
    public init(_ text: some StringProtocol, as form: Form = .line) {
        var stream = Stream(form)
        self = stream.take(text)
        self.text += stream.end().text
    }

    /// Makes bytes visible that are meant to be UTF-8.
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

    /// Makes JSON visible: the same values, with every hidden character in a text written as `\u202e`.
    ///
    /// JSON has such characters within texts only, newlines and tabs excepted.
    public init(json: String) {
        var writer = VisibleWriter(.block, naming: .json)
        for scalar in json.unicodeScalars { writer.take(scalar) }
        writer.end()
        text = writer.shown
    }

    private init(shown: String) { text = shown }

    /// Text that comes in pieces. A letter's accents and an emoji's parts may come with the next piece.
    public struct Stream: Sendable {
        private var writer: VisibleWriter

        /// Begins a text.
        public init(_ form: Form) { writer = VisibleWriter(form) }

        /// Takes the next piece.
        ///
        /// - Returns: what can be shown by now.
        public mutating func take(_ piece: some StringProtocol) -> VisibleText {
            for scalar in piece.unicodeScalars { writer.take(scalar) }
            return VisibleText(shown: writer.handOver())
        }

        /// Ends the text.
        ///
        /// - Returns: what waited for its continuation.
        public mutating func end() -> VisibleText {
            writer.end()
            return VisibleText(shown: writer.handOver())
        }
    }
}
