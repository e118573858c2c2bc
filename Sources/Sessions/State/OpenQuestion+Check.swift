import AgentProtocol

extension OpenQuestion.Kind {
    /// The form of a valid answer, for the message about an invalid one.
    var answer: String {
        switch self {
        case .permission: "one of its options, not with a text alone"
        case .text: "a text"
        case .inquiry: "“answers”, a list for each of its items"
        }
    }
}

extension OpenQuestion {
    /// The most bytes that the texts of an answer may have.
    static let answerLimit = 32 << 10

    /// Checks the answers to an inquiry and returns them as they are sent to the agent.
    ///
    /// - Throws: ``SessionsError`` that names the item and what is wrong with its answer.
    func check(_ answers: [String: [String]]) throws(SessionsError) -> [String: [String]] {
        let items = items ?? []
        for id in answers.keys.sorted() where !items.contains(where: { $0.id == id }) {
            let ids = items.map { "“\($0.id.prefix(80))”" }.joined(separator: ", ")
            throw SessionsError(.invalid, "Question \(self.id) has no item “\(id.prefix(80))”. There are: \(ids).")
        }
        for item in items { try item.check(answers[item.id] ?? []) }
        guard answers.values.joined().reduce(0, { $0 + $1.utf8.count }) <= Self.answerLimit else {
            throw SessionsError(.invalid, "The answers are longer than 32 KiB.")
        }
        return answers
    }
}

extension Inquiry.Item {
    fileprivate func check(_ answers: [String]) throws(SessionsError) {
        let name = "“\(text.prefix(80))”"
        guard !answers.isEmpty, !answers.contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
            throw SessionsError(.invalid, "The answer to \(name) is missing.")
        }
        guard allowsSeveral || answers.count == 1 else {
            throw SessionsError(.invalid, "\(name) takes one answer, not \(answers.count).")
        }
        guard Set(answers).count == answers.count, answers.count <= choices.count + 1 else {
            throw SessionsError(.invalid, "The answers to \(name) repeat each other, or are more than its choices and a text.")
        }
        guard !answers.contains(where: { $0.contains("\0") }) else {
            throw SessionsError(.invalid, "The answer to \(name) holds a NUL byte.")
        }
        let others = answers.filter { answer in !choices.contains { $0.label == answer } }
        if let other = others.first, !allowsText {
            let labels = choices.map { "“\($0.label.prefix(80))”" }.joined(separator: ", ")
            throw SessionsError(.invalid, "“\(other.prefix(80))” is not one of the choices of \(name). There are: \(labels).")
        }
        guard others.count <= 1 else { throw SessionsError(.invalid, "\(name) takes one text beside its choices, not \(others.count).") }
    }
}
