import AgentProtocol
import ControlPlane
import Sessions

/// One question asked on a terminal: what to show, what a line that was typed means, and the answer in the end.
struct AnswerDialogue {
    /// What comes of a line.
    enum Turn {
        /// More is to be typed, after these lines.
        case ask([String])
        case answer(NewAnswer)
    }

    let question: OpenQuestion
    private var answers: [String: [String]] = [:]
    private var place = 0
    /// The option that was chosen, while its words are asked for.
    private var chosen: Permission.Option?

    init(_ question: OpenQuestion) {
        self.question = question
    }

    private var items: [Inquiry.Item] { question.items ?? [] }
    private var suggestions: [String] { question.suggestions ?? [] }

    /// What opens it.
    var opening: [String] {
        switch question.kind {
        case .permission:
            question.options.enumerated().map { "    \($0 + 1)  \(Terminal.plain($1.name))" } + ["  A number, or allow, always, refuse:"]
        case .text:
            suggestions.enumerated().map { "    \($0 + 1)  \(Terminal.plain($1))" }
                + [suggestions.isEmpty ? "  Your answer:" : "  A number, or your answer:"]
        case .inquiry: item
        }
    }

    private var item: [String] {
        guard items.indices.contains(place) else { return [] }
        return items[place].lines(number: items.count > 1 ? place + 1 : nil)
    }

    /// Takes a line that was typed.
    mutating func take(_ line: String) -> Turn {
        let words = line.trimmed
        switch question.kind {
        case .permission: return takeOption(words)
        case .text:
            if let number = Int(words), suggestions.indices.contains(number - 1) {
                return .answer(NewAnswer(text: suggestions[number - 1]))
            }
            return words.isEmpty ? .ask(["  Your answer:"]) : .answer(NewAnswer(text: words))
        case .inquiry:
            guard items.indices.contains(place) else { return .answer(NewAnswer(answers: answers)) }
            guard let taken = items[place].answers(for: words) else { return .ask(["  That is no answer to it: \(items[place].hint)."]) }
            answers[items[place].id] = taken
            place += 1
            return items.indices.contains(place) ? .ask(item) : .answer(NewAnswer(answers: answers))
        }
    }

    private mutating func takeOption(_ words: String) -> Turn {
        if let chosen { return .answer(NewAnswer(option: chosen.id, text: words.isEmpty ? nil : words)) }
        let number = Int(words).flatMap { question.options.indices.contains($0 - 1) ? question.options[$0 - 1] : nil }
        guard let option = number ?? question.option(for: words) else { return .ask(["  A number, or allow, always, refuse:"]) }
        guard option.kind == .refuse else { return .answer(NewAnswer(option: option.id)) }
        chosen = option
        return .ask(["  Why not, or what instead? (Enter to say nothing)"])
    }
}
