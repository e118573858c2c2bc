import AgentProtocol
import ControlPlane
import Foundation
import Sessions
import Wording

extension Permission.Option.Kind {
    /// What a person writes to choose it.
    var word: String {
        switch self {
        case .allowOnce: "allow"
        case .allowAlways: "always"
        case .refuse: "refuse"
        }
    }
}

extension OpenQuestion {
    /// The option that a person means: by SAM's words for it, or by its id.
    func option(for answer: String) -> Permission.Option? {
        // SAM's words first: an agent could give one of them to another answer.
        let kind = Permission.Option.Kind.allCases.first { $0.word == answer }
        return kind.map { kind in options.first { $0.kind == kind } } ?? options.first { $0.id == answer }
    }

    /// The item that a person means: by its number, or by its id or the words above it.
    func item(for name: String) -> Inquiry.Item? {
        let items = items ?? []
        if let number = Int(name), items.indices.contains(number - 1) { return items[number - 1] }
        return items.first { $0.id == name } ?? items.first { $0.header == name }
    }

    /// The text that a person means by their words: the number of a suggestion, else the words themselves.
    func text(for words: String) -> String {
        let suggestions = suggestions ?? []
        guard let number = Int(words.trimmed), suggestions.indices.contains(number - 1) else { return words }
        return suggestions[number - 1]
    }

    /// The answers that are proposed for a text, with their numbers.
    var suggestionLines: [PrintedText] { Terminal.numbered(suggestions ?? []) }

    /// The question as lines for a person, without what opens it.
    var lines: [PrintedText] {
        var lines: [PrintedText] = plan.map { ["The plan:"] + Terminal.indented($0, by: 4) } ?? []
        switch kind {
        case .permission: lines += options.map { "    \($0.id)  \($0.name)" }
        case .text: lines += suggestionLines
        case .inquiry:
            let items = items ?? []
            for (number, item) in items.enumerated() {
                lines += item.lines(number: items.count > 1 ? number + 1 : nil)
            }
        }
        return lines
    }
}

extension Inquiry.Item {
    /// The item as lines for a person.
    ///
    /// - Parameter number: its place among several.
    func lines(number: Int?) -> [PrintedText] {
        let place = number.map { "\($0). " } ?? ""
        let above = header.map { "[\($0)] " } ?? ""
        let shown: [PrintedText] = choices.enumerated().map { number, choice in
            "      \(number + 1)  \(choice.label)\(choice.detail.map { ": \($0)" } ?? "")"
        }
        return ["    \(place)\(above)\(text)"] + shown + ["      (\(hint))"]
    }

    /// What an answer to it is.
    var hint: String {
        let choice = allowsSeveral ? "one or several numbers, as 1,3" : "a number"
        if choices.isEmpty { return "a text" }
        return allowsText ? "\(choice), or a text" : choice
    }

    /// The answers that a person means by their words: numbers or labels of choices, else a text; `nil` when they are none.
    func answers(for words: String) -> [String]? {
        let trimmed = words.trimmed
        guard !trimmed.isEmpty else { return nil }
        if let label = label(for: trimmed) { return [label] }
        let labels = trimmed.split { $0 == "," || $0 == " " }.map { label(for: String($0)) }
        if allowsSeveral, labels.count > 1, !labels.contains(nil) {
            var seen: Set<String> = []
            return labels.compactMap(\.self).filter { seen.insert($0).inserted }
        }
        // Where there are choices, any other number is a slip.
        guard allowsText, choices.isEmpty || Int(trimmed) == nil else { return nil }
        return [trimmed]
    }

    private func label(for word: String) -> String? {
        if let number = Int(word), choices.indices.contains(number - 1) { return choices[number - 1].label }
        return choices.first { $0.label == word }?.label ?? choices.first { $0.label.lowercased() == word.lowercased() }?.label
    }
}

extension Terminal {
    /// Texts from outside, with the numbers by which a person takes one.
    static func numbered(_ texts: [String]) -> [PrintedText] {
        texts.enumerated().map { number, text in "    \(number + 1)  \(text)" }
    }

    /// Text of several lines from outside, each of them further to the right.
    static func indented(_ text: String, by blanks: Int) -> [PrintedText] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { "\(String(repeating: " ", count: blanks))\(String($0))" }
    }
}

extension String {
    /// Without blanks and newlines around it.
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
