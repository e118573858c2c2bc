import AgentProtocol

/// The questions of Claude Code's `AskUserQuestion`. It takes the answers by their texts.
struct ClaudeQuestions: Hashable {
    /// As they came: they go back with the answers.
    private var questions: JSONValue
    private(set) var items: [Inquiry.Item] = []
    /// The texts of the items, whose ids can be others.
    private var texts: [String: String] = [:]

    private static let limit = 16

    /// - Returns: `nil` where no question can be read.
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
            // Two of the same text get numbers, as does a text that is too long for an id.
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

    /// What the tool is called with instead: the same questions, and the answers.
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
