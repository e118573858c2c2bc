/// The rule for a line of text that a person writes and others read, such as a name or a reason.
public enum PlainLine {
    /// What is wrong with a text.
    ///
    /// - Parameters:
    ///   - field: the field's name as a sentence begins with it, such as “A token's name”.
    ///   - limit: the most code points. A reader's characters have no bound: one letter may have any number of accents.
    ///   - purpose: what the text is for, after “a line of at most 80 characters”.
    ///   - mayBeBlank: whether the text may have nothing but blanks.
    /// - Returns: a sentence for the person; `nil` if nothing is wrong.
    public static func fault(
        in text: String, of field: String, limit: Int, purpose: String = "", mayBeBlank: Bool = false
    ) -> String? {
        let rule = "\(field) is a line of at most \(limit) characters\(purpose)"
        // Before anything else, which could take long.
        guard text.utf8.count <= 4 * limit, text.unicodeScalars.count <= limit else { return "\(rule). This one is longer." }
        if !mayBeBlank, text.allSatisfy(\.isWhitespace) { return "\(rule)." }
        let shown = VisibleText(text).text
        guard shown.unicodeScalars.elementsEqual(text.unicodeScalars) else {
            return "\(rule), without any that hide, or that move or change others: “\(shown)” has one."
        }
        return nil
    }
}
