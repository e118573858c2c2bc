import AgentProtocol

/// A change of one file in an item: the plain content if the file is new or removed, else hunks.
struct CodexChange {
    let path: String
    /// The file's new path, if it is moved.
    let target: String?
    private let kind: String?
    private let diff: String?

    init?(_ change: JSONValue) {
        guard let path = change["path"]?.string else { return nil }
        self.path = path
        target = (change["kind"]?["move_path"] ?? change["kind"]?["movePath"])?.string
        kind = change["kind"]?["type"]?.string
        diff = change["diff"]?.string
    }

    var title: String { target.map { "\(path) → \($0)" } ?? path }
    var places: [ACP.Location] { [path, target].compactMap(\.self).map { ACP.Location(path: $0) } }

    /// The change as the Agent Client Protocol describes it.
    var content: [JSONValue] {
        let moved = target.map { [Self.text("Moved from \(path) to \($0)")] } ?? []
        guard let diff else { return moved }
        switch kind {
        case "add": return [entry(old: .null, new: diff)]
        case "delete": return [entry(old: .string(diff), new: "")]
        default:
            guard let hunks = Self.hunks(diff) else { return moved + [Self.text("\(path)\n\(diff)")] }
            return moved + hunks.map { entry(old: .string(String($0.old)), new: String($0.new)) }
        }
    }

    private func entry(old: JSONValue, new: String) -> JSONValue {
        ["type": "diff", "path": .string(target ?? path), "oldText": old, "newText": .string(new)]
    }

    private static func text(_ text: String) -> JSONValue { ["type": "content", "content": ["type": "text", "text": .string(text)]] }

    /// Split by scalars, because a line break or mark can form one character with its neighbour.
    private typealias Text = String.UnicodeScalarView

    private struct Hunk {
        var old = Text()
        var new = Text()
    }

    /// The two sides of each hunk; `nil` if there is none or one is incomplete. Text after a hunk is ignored.
    private static func hunks(_ diff: String) -> [Hunk]? {
        var hunks: [Hunk] = []
        // The lines that remain in the current hunk, on each side.
        var (old, new) = (0, 0)
        var last: Unicode.Scalar?
        var lines = diff.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            if old == 0, new == 0, let counts = counts(line) {
                hunks.append(Hunk())
                (old, new) = counts
                last = nil
                continue
            }
            guard let end = hunks.indices.last else { continue }
            // “\ No newline at end of file” refers to the line before.
            if line.first == "\\" {
                if last != "+", hunks[end].old.last == "\n" { hunks[end].old.removeLast() }
                if last != "-", hunks[end].new.last == "\n" { hunks[end].new.removeLast() }
                continue
            }
            guard old > 0 || new > 0 else { continue }
            // Some tools strip the space from an empty line.
            let mark = line.first ?? " "
            guard ["-", "+", " "].contains(mark) else { return nil }
            let text = line.dropFirst() + ["\n"]
            if mark != "+" {
                old -= 1
                hunks[end].old.append(contentsOf: text)
            }
            if mark != "-" {
                new -= 1
                hunks[end].new.append(contentsOf: text)
            }
            guard old >= 0, new >= 0 else { return nil }
            last = mark
        }
        return hunks.isEmpty || old > 0 || new > 0 ? nil : hunks
    }

    /// The number of lines on each side of a hunk, from its header.
    private static func counts(_ line: Text.SubSequence) -> (Int, Int)? {
        guard let match = Substring(line).prefixMatch(of: /@@ -\d+(?:,(\d{1,9}))? \+\d+(?:,(\d{1,9}))? @@/) else { return nil }
        return (match.1.map { Int($0) ?? 0 } ?? 1, match.2.map { Int($0) ?? 0 } ?? 1)
    }
}
