import Foundation
import Store
import Wording

/// The name of a project: letters of any script, digits, dots, dashes and underscores, at most 64, the first a letter or a digit.
///
/// Names are normalised (NFC), so that one name has one form however a keyboard or a file system writes it. Characters that can't be seen
/// or that reorder others belong to no name.
public struct ProjectName: Hashable, Sendable, SQLBindable, CustomStringConvertible {
    /// The normalised name.
    public let text: String

    /// The name, as in ``text``.
    public var description: String { text }
    /// The name as stored.
    public var sqlValue: SQLValue { .text(text) }

    /// The most code points of a name.
    public static let limit = 64

    /// Checks a name that a person chose.
    ///
    /// - Throws: ``AccountsError/Code/invalid``.
    public init(_ text: String) throws(AccountsError) {
        let normal = Self.normalised(text)
        guard let first = normal.unicodeScalars.first, Self.isLetterOrDigit(first), normal.unicodeScalars.allSatisfy(Self.isAllowed),
            normal.unicodeScalars.count <= Self.limit, VisibleText(normal).text == normal
        else {
            throw AccountsError(
                .invalid,
                """
                A project's name has letters, digits, dots, dashes and underscores, at most \(Self.limit), and begins with a letter or a \
                digit: “\(VisibleText(text.prefix(80)).text)” has not.
                """)
        }
        self.text = normal
    }

    /// Makes a name from a file's or repository's: every run of other characters becomes a dash, and none stays at the ends.
    ///
    /// - Returns: `nil` if there is no letter or digit in it.
    public init?(madeFrom text: some StringProtocol) {
        var made = ""
        for scalar in Self.normalised(String(text)).unicodeScalars {
            if Self.isAllowed(scalar) {
                made.unicodeScalars.append(scalar)
            } else if made.last != "-" {
                made.append("-")
            }
        }
        let begun = made.unicodeScalars.drop { !Self.isLetterOrDigit($0) }.prefix(Self.limit)
        let end = begun.lastIndex { Self.isLetterOrDigit($0) || Self.isMark($0) }
        guard let end, let name = try? ProjectName(String(String.UnicodeScalarView(begun[...end]))) else { return nil }
        self = name
    }

    /// The form in which names are stored and looked up.
    public static func normalised(_ text: String) -> String { text.precomposedStringWithCanonicalMapping }

    /// The name with a suffix, which is kept whole.
    public func appending(_ suffix: String) -> String {
        var kept = text.unicodeScalars.prefix(max(0, Self.limit - suffix.unicodeScalars.count))
        // Accents without their letter would join the suffix's neighbour.
        while let last = kept.last, Self.isMark(last) { kept.removeLast() }
        return String(String.UnicodeScalarView(kept)) + suffix
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        (isLetterOrDigit(scalar) || isMark(scalar) || scalar == "." || scalar == "-" || scalar == "_")
            && HiddenCharacters.effect(of: scalar) == nil
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: true
        default: false
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark: true
        default: false
        }
    }
}
