import AgentProtocol
import ControlPlane
import Foundation
import Sessions
import Wording

extension Permission.Option.Kind {
    /// The word with which a person chooses it.
    var word: String {
        switch self {
        case .allowOnce: "allow"
        case .allowAlways: "always"
        case .refuse: "refuse"
        }
    }
}

/// An option of what an agent asks to be allowed, with the word that chooses it.
struct PermissionChoice {
    let word: String
    let option: Permission.Option

    /// The options with their words, which are the same for every agent, on a terminal and in `sam sessions answer`: `allow`, `always`,
    /// `refuse`. A second option of a kind has its number behind the word: `always-2`.
    static func all(_ options: [Permission.Option]) -> [PermissionChoice] {
        var counts: [Permission.Option.Kind: Int] = [:]
        return options.map { option in
            let number = counts[option.kind, default: 0] + 1
            counts[option.kind] = number
            return PermissionChoice(word: number == 1 ? option.kind.word : "\(option.kind.word)-\(number)", option: option)
        }
    }

    /// The options as lines to choose from.
    static func lines(_ options: [Permission.Option]) -> [PrintedText] {
        let choices = all(options)
        let width = choices.map(\.word.count).max() ?? 0
        return choices.enumerated().map { "    \($0 + 1)  \(PrintedText($1.word).padded(to: width))  \($1.option.name)" }
    }
}

extension OpenQuestion {
    /// The words that choose its options.
    var words: [String] { PermissionChoice.all(options).map(\.word) }

    /// The option for a word, a number or the option's id.
    func option(for answer: String) -> Permission.Option? {
        // What was shown first: an agent could use a word or a number as the id of another option.
        if let choice = PermissionChoice.all(options).first(where: { $0.word == answer }) { return choice.option }
        if let number = Int(answer), options.indices.contains(number - 1) { return options[number - 1] }
        return options.first { $0.id == answer }
    }

    /// The item with this number, id or heading.
    func item(for name: String) -> Inquiry.Item? {
        let items = items ?? []
        if let number = Int(name), items.indices.contains(number - 1) { return items[number - 1] }
        return items.first { $0.id == name } ?? items.first { $0.header == name }
    }

    /// The suggestion with this number, else the words themselves.
    func text(for words: String) -> String {
        let suggestions = suggestions ?? []
        guard let number = Int(words.trimmed), suggestions.indices.contains(number - 1) else { return words }
        return suggestions[number - 1]
    }

    /// The suggested answers with their numbers.
    var suggestionLines: [PrintedText] { Terminal.numbered(suggestions ?? []) }

    /// The whole question: its id and title, its choices, and until when it waits.
    func shown(at now: Int64) -> [PrintedText] {
        var shown: [PrintedText] = ["\(id)  \(kind == .inquiry ? "" : title)"] + lines
        if let until {
            let end = kind == .permission ? "refused" : "dropped"
            shown.append(Terminal.styled("    \(end) in \(Time.elapsed(until - now)) without an answer", .dim))
        }
        return shown
    }

    /// The command that answers it.
    ///
    /// - Parameter isOnly: whether no other question is open.
    func command(in session: SessionID, isOnly: Bool) -> PrintedText {
        let answer =
            switch kind {
            case .permission: words.joined(separator: "|")
            case .text: (suggestions ?? []).isEmpty ? "\"…\"" : "NUMBER|\"…\""
            case .inquiry: Self.answer(to: items ?? [])
            }
        let which = isOnly ? "" : " --question \(id)"
        return "sam sessions answer \(session.rawValue) \(answer.isEmpty ? "OPTION" : answer)\(which)"
    }

    private static func answer(to items: [Inquiry.Item]) -> String {
        let forms = items.map { item in item.choices.isEmpty ? "\"…\"" : item.allowsText ? "NUMBER|\"…\"" : "NUMBER" }
        return forms.count == 1 ? forms[0] : forms.enumerated().map { "--item \($0 + 1)=\($1)" }.joined(separator: " ")
    }

    /// The question's lines, without the introduction.
    var lines: [PrintedText] {
        var lines: [PrintedText] = plan.map { ["The plan:"] + Terminal.quoted($0, by: 4) } ?? []
        switch kind {
        case .permission: lines += PermissionChoice.lines(options)
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
    /// The item's lines.
    ///
    /// - Parameter number: its number, if there are several.
    func lines(number: Int?) -> [PrintedText] {
        let place = number.map { "\($0). " } ?? ""
        let above = header.map { "[\($0)] " } ?? ""
        let shown: [PrintedText] = choices.enumerated().map { number, choice in
            "      \(number + 1)  \(choice.label)\(choice.detail.map { ": \($0)" } ?? "")"
        }
        return ["    \(place)\(above)\(text)"] + shown + ["      (\(hint))"]
    }

    /// The form of an answer.
    var hint: String {
        let choice = allowsSeveral ? "one or several numbers, as 1,3" : "a number"
        if choices.isEmpty { return "a text" }
        return allowsText ? "\(choice), or a text" : choice
    }

    /// The answers in a text: numbers or labels of choices, else the text; `nil` if it is no answer.
    func answers(for words: String) -> [String]? {
        let trimmed = words.trimmed
        guard !trimmed.isEmpty else { return nil }
        if let label = label(for: trimmed) { return [label] }
        let labels = trimmed.split { $0 == "," || $0 == " " }.map { label(for: String($0)) }
        if allowsSeveral, labels.count > 1, !labels.contains(nil) {
            var seen: Set<String> = []
            return labels.compactMap(\.self).filter { seen.insert($0).inserted }
        }
        // If there are choices, any other number is a mistake.
        guard allowsText, choices.isEmpty || Int(trimmed) == nil else { return nil }
        return [trimmed]
    }

    private func label(for word: String) -> String? {
        if let number = Int(word), choices.indices.contains(number - 1) { return choices[number - 1].label }
        return choices.first { $0.label == word }?.label ?? choices.first { $0.label.lowercased() == word.lowercased() }?.label
    }
}

extension Terminal {
    /// Texts from outside with numbers to choose from.
    static func numbered(_ texts: [String]) -> [PrintedText] {
        texts.enumerated().map { number, text in "    \(number + 1)  \(text)" }
    }

    /// The mark before each line of an agent's text, so that none of them is taken for one of SAM's.
    static let mark = "│ "

    /// A text of several lines from outside, indented, with ``mark`` before each line.
    static func quoted(_ text: String, by blanks: Int) -> [PrintedText] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { "\(String(repeating: " ", count: blanks))\(mark)\(String($0))" }
    }
}

extension String {
    /// The text without leading and trailing white space.
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
