import Foundation
import Wording

extension Output {
    /// The lines in which a program reports its error, short enough for a sentence.
    public var complaint: String {
        let lines = standardError.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let prefixes = ["fatal: ", "error: ", "remote: ", "! "]
        let telling = lines.compactMap { line in
            prefixes.first { line.hasPrefix($0) }.map { line.dropFirst($0.count).trimmingCharacters(in: .whitespaces) }
        }
        let chosen = (telling.isEmpty ? lines.suffix(3).map(\.self) : telling).prefix(4).joined(separator: "; ")
        let text = VisibleText(chosen).text
        return text.isEmpty ? "\(termination)" : String(text.prefix(600))
    }
}
