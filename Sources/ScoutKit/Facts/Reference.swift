/// A quoted line of a file, the evidence for a claim of scout's.
public struct Reference: Sendable, Hashable {
    /// The file's path, relative to the repository.
    public var path: String
    /// The line's number, from 1.
    public var line: Int
    /// The line's text without surrounding whitespace, cut at 160 characters.
    public var text: String

    init(path: String, line: Int, text: some StringProtocol) {
        self.path = path
        self.line = line
        self.text = String(String(text).onOneLine.trimmingPrefix(while: \.isWhitespace).prefix(160)).trimmingSuffix(while: \.isWhitespace)
    }

    /// The reference as Markdown: the place, then the line in a code span that backticks in the line can't end.
    public var markdown: String {
        var longest = 0
        var run = 0
        for character in text {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let padding = longest > 0 ? " " : ""
        return "`\(path):\(line)`: \(fence)\(padding)\(text)\(padding)\(fence)"
    }
}

extension String {
    func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return String(self[..<end])
    }
}
