import AgentProtocol
import ControlPlane
import Sessions
import Wording

/// One question on a terminal: the lines to show, the parser of typed lines, and the final answer.
struct AnswerDialogue {
    /// The result of a line.
    enum Turn {
        /// Show these lines and read another.
        case ask([PrintedText])
        case answer(NewAnswer)
    }

    let question: OpenQuestion
    private let asker: String
    private var answers: [String: [String]] = [:]
    private var place = 0
    /// The chosen option, while its text is asked for.
    private var chosen: Permission.Option?

    private static let words: PrintedText = "  Why not, or what instead? (Enter to say nothing)"

    /// - Parameter asker: the name of the asking agent.
    init(_ question: OpenQuestion, asker: String = "The agent") {
        self.question = question
        self.asker = asker
    }

    private var items: [Inquiry.Item] { question.items ?? [] }

    /// All lines of the current question, including who asks: other questions may have been shown meanwhile.
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

    private var options: [PrintedText] { PermissionChoice.lines(question.options) + [request] }

    private var request: PrintedText { "  A number, or \(question.words.joined(separator: ", ")):" }

    private var item: [PrintedText] {
        guard items.indices.contains(place) else { return [] }
        return items[place].lines(number: items.count > 1 ? place + 1 : nil)
    }

    /// Handles a typed line.
    mutating func take(_ line: String) -> Turn {
        let words = line.trimmed
        switch question.kind {
        case .permission: return takeOption(words)
        case .text: return words.isEmpty ? .ask(["  Your answer:"]) : .answer(NewAnswer(text: question.text(for: words)))
        case .inquiry:
            guard items.indices.contains(place) else { return .answer(NewAnswer(answers: answers)) }
            guard let taken = items[place].answers(for: words) else { return .ask(["  That is not an answer: \(items[place].hint)."]) }
            answers[items[place].id] = taken
            place += 1
            return items.indices.contains(place) ? .ask(item) : .answer(NewAnswer(answers: answers))
        }
    }

    private mutating func takeOption(_ words: String) -> Turn {
        if let chosen { return .answer(NewAnswer(option: chosen.id, text: words.isEmpty ? nil : words)) }
        guard let option = question.option(for: words) else {
            return .ask(words.isEmpty ? [request] : ["  “\(words)” is not one of them.", request])
        }
        guard option.kind == .refuse else { return .answer(NewAnswer(option: option.id)) }
        chosen = option
        return .ask([Self.words])
    }
}
