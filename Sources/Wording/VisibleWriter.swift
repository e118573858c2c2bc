/// Writes scalars in their visible form, one after another, and tracks what each of them follows.
struct VisibleWriter {
    /// The kind of the last scalar, for scalars that modify it.
    private enum Base {
        /// The start of the text or a line, or a replaced character.
        case none
        case letter
        /// A character that can be drawn as a picture.
        case emoji
        /// An emoji whose form was selected.
        case chosenEmoji
        /// A digit, `#` or `*`, which can be part of a keycap emoji.
        case key
    }

    /// The notation for hidden characters.
    enum Naming {
        /// For people: `^[`, `<U+202E>`.
        case signs
        /// For JSON: `\u202e`.
        case json
    }

    private let form: VisibleText.Form
    private let naming: Naming
    private(set) var shown = ""
    private var base = Base.none
    private var marks = 0
    /// A joiner or selector that is harmless if the right scalar follows.
    private var waiting: Unicode.Scalar?

    /// More accents on one letter occur in no script (UTS #39, 5.4).
    private static let markLimit = 4
    private static let joiner: Unicode.Scalar = "\u{200d}"
    private static let keycap: Unicode.Scalar = "\u{20e3}"

    init(_ form: VisibleText.Form, naming: Naming = .signs) {
        self.form = form
        self.naming = naming
    }

    mutating func take(_ scalar: Unicode.Scalar) {
        if (0x20..<0x7f).contains(scalar.value) {
            nameWaiting()
            // An accent must not combine with a quote of JSON's syntax.
            if naming == .json, scalar == "\"" { return append("\"") }
            return write(scalar, as: scalar.properties.isEmoji ? .key : .letter)
        }
        settleWaiting(before: scalar)
        switch HiddenCharacters.effect(of: scalar) {
        case nil: takeVisible(scalar)
        case .joins where scalar == Self.joiner && (base == .emoji || base == .chosenEmoji) && marks == 0: waiting = scalar
        case .selects where (0xfe0e...0xfe0f).contains(scalar.value) && base == .emoji && marks == 0:
            shown.unicodeScalars.append(scalar)
            base = .chosenEmoji
        case .selects where (0xfe0e...0xfe0f).contains(scalar.value) && base == .key && marks == 0: waiting = scalar
        case .moves where scalar == "\n" || scalar == "\t": takeBlank(scalar)
        default: name(scalar)
        }
    }

    /// Adds a byte that is not text.
    mutating func take(byte: UInt8) {
        nameWaiting()
        append("<\(Self.hexadecimal(UInt32(byte), digits: 2))>")
    }

    /// Ends the text.
    mutating func end() {
        nameWaiting()
        base = .none
    }

    /// Returns and clears the text so far.
    mutating func handOver() -> String {
        defer { shown = "" }
        return shown
    }

    private mutating func takeVisible(_ scalar: Unicode.Scalar) {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark:
            guard base != .none, marks < Self.markLimit else { return name(scalar, keepsBase: base != .none) }
            marks += 1
            shown.unicodeScalars.append(scalar)
        case .spacingMark where base == .none: name(scalar)
        default: write(scalar, as: scalar.properties.isEmoji ? .emoji : .letter)
        }
    }

    private mutating func takeBlank(_ scalar: Unicode.Scalar) {
        switch form {
        case .block: append(String(scalar))
        case .line: append(scalar == "\n" ? "⏎" : " ")
        }
    }

    private mutating func write(_ scalar: Unicode.Scalar, as kind: Base) {
        shown.unicodeScalars.append(scalar)
        base = kind
        marks = 0
    }

    /// Appends text that following accents don't combine with.
    private mutating func append(_ text: String) {
        shown += text
        base = .none
        marks = 0
    }

    /// Keeps a joiner between two emoji, and a selector between a digit and the keycap.
    private mutating func settleWaiting(before scalar: Unicode.Scalar) {
        guard let waiting else { return }
        let belongs = waiting == Self.joiner ? scalar.properties.isEmoji : scalar == Self.keycap
        guard belongs else { return nameWaiting() }
        shown.unicodeScalars.append(waiting)
        self.waiting = nil
    }

    private mutating func nameWaiting() {
        guard let scalar = waiting else { return }
        waiting = nil
        name(scalar)
    }

    /// - Parameter keepsBase: whether further accents of the same letter may follow, which are replaced too.
    private mutating func name(_ scalar: Unicode.Scalar, keepsBase: Bool = false) {
        let (base, marks) = (base, marks)
        switch (naming, scalar.value) {
        case (.json, _): append(String(scalar).utf16.map { "\\u" + Self.hexadecimal(UInt32($0), digits: 4).lowercased() }.joined())
        case (.signs, ..<0x20), (.signs, 0x7f): append("^\(UnicodeScalar(UInt8(scalar.value ^ 0x40)))")
        case (.signs, _): append("<U+\(Self.hexadecimal(scalar.value, digits: 4))>")
        }
        if keepsBase { (self.base, self.marks) = (base, marks) }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let number = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - number.count)) + number
    }
}
