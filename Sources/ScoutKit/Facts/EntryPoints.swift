/// The lines at which programs begin.
enum EntryPoints {
    /// The line at which a program begins in this file; `nil` when none does.
    static func line(in lines: LineReader, path: String, language: String) -> (number: Int, text: String)? {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch language {
        case "Swift":
            if name == "main.swift" { return lines.first { isCode($0) } }
            return lines.lines(containing: ["@main"]).first { $0.text.contains(/^\s*@main\b/) }
        case "Go": return lines.lines(containing: ["func main()"]).first { $0.text.hasPrefix("func main()") }
        case "Rust": return lines.lines(containing: ["fn main("]).first { $0.text.contains(/^(pub )?(async )?fn main\(/) }
        case "Python": return lines.lines(containing: ["__main__"]).first { $0.text.contains(/^if __name__\s*==/) }
        case "Java", "Kotlin", "C#":
            return lines.lines(containing: ["void main(", "fun main(", "void Main("]).first { _ in true }
        case "C", "C++", "Objective-C":
            return lines.lines(containing: ["main("]).first { $0.text.contains(/^(int|void)\s+main\s*\(/) }
        case "Shell": return lines.first { $0.hasPrefix("#!") }.flatMap { $0.number == 1 ? $0 : nil }
        default: return lines.first { _ in true }.flatMap { $0.text.hasPrefix("#!") ? $0 : nil }
        }
    }

    private static func isCode(_ line: Substring) -> Bool {
        let text = line.drop(while: \.isWhitespace)
        return !text.isEmpty && !text.hasPrefix("//") && !text.hasPrefix("/*") && !text.hasPrefix("*") && !text.hasPrefix("#!")
            && !text.hasPrefix("import ")
    }
}

/// Lines with a declaration, in most languages.
enum Declarations {
    static func first(in lines: LineReader) -> (number: Int, text: String)? {
        let words = ["func ", "class ", "struct ", "enum ", "protocol ", "extension ", "def ", "fn ", "function ", "interface ", "impl "]
        return lines.lines(containing: words).first {
            $0.text.contains(
                /^\s*((public|private|internal|package|open|static|final|export|default|async|pub|abstract|@\w+)\s+)*(func|class|struct|enum|protocol|extension|actor|def|fn|function|interface|impl)\s/
            )
        }
    }
}
