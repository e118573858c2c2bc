import AgentProtocol

/// The questions of Claude Code's `AskUserQuestion`. Its answers are keyed by the questions' texts.
struct ClaudeQuestions: Hashable {
    /// The questions as received; they are sent back with the answers.
    private var questions: JSONValue
    private(set) var items: [Inquiry.Item] = []
    /// The questions' texts, by the ids of the items, which can differ.
    private var texts: [String: String] = [:]

    private static let limit = 16

    /// - Returns: `nil` if no question can be read.
    init?(_ input: JSONValue) {
        guard let questions = input["questions"], let asked = questions.elements else { return nil }
        self.questions = questions
        for (number, question) in asked.prefix(Self.limit).enumerated() {
            guard let text = question["question"]?.string, !text.isEmpty else { continue }
            let choices = (question["options"]?.elements ?? []).prefix(32).compactMap { option -> Inquiry.Choice? in
                guard let label = option["label"]?.string, !label.isEmpty else { return nil }
                let detail = [option["description"], option["preview"]].compactMap { $0?.string }.first { !$0.isEmpty }
                return Inquiry.Choice(label: label, detail: detail)
            }
            // Questions with equal texts, or with a text too long for an id, get numbers.
            let id = texts[text] == nil && text.utf8.count <= 1_000 ? text : "question \(number + 1)"
            guard texts[id] == nil else { continue }
            texts[id] = text
            items.append(
                Inquiry.Item(
                    id: id, header: question["header"]?.string, text: text, choices: choices,
                    allowsSeveral: question["multiSelect"] == true && !choices.isEmpty))
        }
        guard !items.isEmpty else { return nil }
    }

    /// The tool's replaced input: the same questions with the answers.
    func answered(_ answers: [String: [String]]) -> JSONValue {
        var told: [String: [String]] = [:]
        for item in items {
            let words = (answers[item.id] ?? []).filter { !$0.isEmpty }
            guard let text = texts[item.id], !words.isEmpty else { continue }
            told[text, default: []] += words
        }
        return ["questions": questions, "answers": .object(told.mapValues { .string($0.joined(separator: ", ")) })]
    }
}
