extension String {
    /// Whether nothing is seen of it: it is empty, white space, or only what formats other characters.
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
