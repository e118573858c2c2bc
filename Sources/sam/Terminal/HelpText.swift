/// The parser's help, fit for a terminal. Pure.
enum HelpText {
    /// The text with its usage lines broken between arguments. The parser breaks all other lines by itself.
    ///
    /// - Parameter columns: the terminal's width.
    static func wrapped(_ text: String, to columns: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let isUsage = line.lowercased().hasPrefix("usage: ")
            return isUsage && line.count > columns ? broken(line, to: columns) : String(line)
        }.joined(separator: "\n")
    }

    private static func broken(_ line: Substring, to columns: Int) -> String {
        let indent = String(repeating: " ", count: "USAGE: ".count)
        var lines: [String] = []
        var current = ""
        for argument in arguments(of: line) {
            if !current.isEmpty, current.count + 1 + argument.count > columns {
                lines.append(current)
                current = indent + argument
            } else {
                current += (current.isEmpty ? "" : " ") + argument
            }
        }
        return (lines + [current]).joined(separator: "\n")
    }

    /// The words of a usage line. What stands in brackets is one, and so is an option with its value.
    private static func arguments(of line: Substring) -> [String] {
        var arguments: [String] = []
        for word in line.split(separator: " ").map(String.init) {
            let last = arguments.last ?? ""
            let isOpen = last.count { $0 == "[" } > last.count { $0 == "]" }
            let isValue = last.hasPrefix("--") && !last.contains(" ") && word.hasPrefix("<")
            if isOpen || isValue { arguments[arguments.count - 1] += " " + word } else { arguments.append(word) }
        }
        return arguments
    }
}
