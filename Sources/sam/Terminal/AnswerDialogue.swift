import AgentProtocol
import ControlPlane
import Sessions
import Wording

/// One question asked on a terminal: what to show, what a line that was typed means, and the answer in the end.
struct AnswerDialogue {
    /// What comes of a line.
    enum Turn {
        /// More is to be typed, after these lines.
        case ask([PrintedText])
        case answer(NewAnswer)
    }

    let question: OpenQuestion
    private let asker: String
    private var answers: [String: [String]] = [:]
    private var place = 0
    /// The option that was chosen, while its words are asked for.
    private var chosen: Permission.Option?

    private static let options: PrintedText = "  A number, or allow, always, refuse:"
    private static let words: PrintedText = "  Why not, or what instead? (Enter to say nothing)"

    /// - Parameter asker: who asks, for a person.
    init(_ question: OpenQuestion, asker: String = "The agent") {
        self.question = question
        self.asker = asker
    }

    private var items: [Inquiry.Item] { question.items ?? [] }

    /// The whole of what is asked at the moment. It names who asks and what: other questions may have been shown since this one came.
    var asked: [PrintedText] {
        let title = question.title
        switch question.kind {
        case .permission: return ["  \(asker) asks to be allowed: \(title)"] + (chosen == nil ? options : [Self.words])
        case .text:
            let suggestions = question.suggestionLines
            return ["  \(asker) asks: \(title)"] + suggestions
                + [suggestions.isEmpty ? "  Your answer:" : "  A number, or your answer:"]
        case .inquiry: return ["  \(asker) asks:"] + item
        }
    }

    private var options: [PrintedText] { Terminal.numbered(question.options.map(\.name)) + [Self.options] }

    private var item: [PrintedText] {
        guard items.indices.contains(place) else { return [] }
        return items[place].lines(number: items.count > 1 ? place + 1 : nil)
    }

    /// Takes a line that was typed.
    mutating func take(_ line: String) -> Turn {
        let words = line.trimmed
        switch question.kind {
        case .permission: return takeOption(words)
        case .text: return words.isEmpty ? .ask(["  Your answer:"]) : .answer(NewAnswer(text: question.text(for: words)))
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
        guard let option = number ?? question.option(for: words) else { return .ask([Self.options]) }
        guard option.kind == .refuse else { return .answer(NewAnswer(option: option.id)) }
        chosen = option
        return .ask([Self.words])
    }
}
