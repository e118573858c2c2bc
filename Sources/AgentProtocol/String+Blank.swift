extension String {
    /// Whether nothing of it is visible: it is empty, white space, or only formatting characters.
    public var isBlank: Bool {
        allSatisfy { character in
            character.isWhitespace
                || character.unicodeScalars.allSatisfy {
                    [.format, .control, .nonspacingMark].contains($0.properties.generalCategory)
                        || $0.properties.isDefaultIgnorableCodePoint
                }
        }
    }
}
