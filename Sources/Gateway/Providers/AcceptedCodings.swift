import Metering

/// Reduces a client's accepted content codings to those that the meter reads. Other answers could only be estimated.
enum AcceptedCodings {
    /// The `accept-encoding` lines that replace the client's; `nil` when those can stay unchanged.
    ///
    /// Keeps the client's order and weights. `*` is replaced with the codings that the meter reads and the client does not name.
    /// https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
    static func lines(_ lines: [String]) -> [String]? {
        let choices = lines.map { $0.split(separator: ",").map(Choice.init) }
        let all = choices.joined()
        guard all.contains(where: { !$0.isRead }) else { return nil }
        let named = Set(all.map(\.name))
        let rest = ContentCoding.allCases.map(\.rawValue).filter { !named.contains($0) }
        let kept = choices.map { line in
            line.flatMap { choice in choice.isRead ? [choice] : choice.name == "*" ? rest.map { choice.renamed($0) } : [] }
        }.filter { !$0.isEmpty }
        // The remaining elements may all be refusals.
        guard kept.joined().contains(where: { !$0.isRefused }) else { return ["identity"] }
        return kept.map { $0.map(\.text).joined(separator: ", ") }
    }

    /// One element of the header.
    private struct Choice {
        var text: String
        /// In lower case.
        var name: String
        /// The part from the semicolon on.
        private var weight: Substring

        init(_ element: Substring) {
            let element = element.drop { $0.isWhitespace }
            let end = element.firstIndex(of: ";") ?? element.endIndex
            name = element[..<end].lowercased().filter { !$0.isWhitespace }
            weight = element[end...]
            text = String(element.reversed().drop { $0.isWhitespace }.reversed())
        }

        func renamed(_ name: String) -> Choice { Choice("\(name)\(weight)") }

        /// Whether the weight is `q=0`, with any number of zeros after a point.
        var isRefused: Bool {
            weight.lowercased().filter { !$0.isWhitespace }.wholeMatch(of: /;q=0(\.0*)?/) != nil
        }

        /// Whether the meter reads the coding. A refused `*` is kept, because it requests no coding.
        var isRead: Bool { name.isEmpty || name == "identity" || ContentCoding(name: name) != nil || name == "*" && isRefused }
    }
}
