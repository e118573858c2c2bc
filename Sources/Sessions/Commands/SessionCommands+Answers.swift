import Accounts
import AgentProtocol
import Store

// Answers to an agent's questions.
extension SessionCommands {
    /// Answers a permission question of the agent.
    ///
    /// - Parameters:
    ///   - option: the id of one of the question's options.
    ///   - text: a comment for the agent: the reason for a refusal, or what to do instead.
    /// - Throws: ``SessionsError`` when there is no such question or option, or it was answered already; `StoreError`.
    public func answer(
        _ question: String, with option: String, saying text: String? = nil, in session: SessionID, by user: UserID
    ) async throws {
        if let text { try Self.checkAnswer(text) }
        try await steer(session, by: user) { [accounts] transaction, state in
            let open = try Self.open(question, .permission, of: session, state, transaction)
            guard let chosen = open.options.first(where: { $0.id == option }) else {
                let ids = open.options.map(\.id).joined(separator: ", ")
                throw SessionsError(.invalid, "“\(option.prefix(80))” is no answer to question \(open.id). There are: \(ids).")
            }
            try accounts.record(
                transaction, user, "session.answered", session.rawValue, "\(chosen.kind.rawValue): \(open.title.prefix(200))")
            return .answered(AgentCommand.Answer(permission: open.id, option: chosen.id, text: text))
        }
    }

    /// Answers a text question of the agent.
    ///
    /// - Throws: ``SessionsError`` when there is no such question, it was answered already, or the text is empty; `StoreError`.
    public func reply(to question: String, _ text: String, in session: SessionID, by user: UserID) async throws {
        try Self.checkAnswer(text)
        try await steer(session, by: user) { [accounts] transaction, state in
            let open = try Self.open(question, .text, of: session, state, transaction)
            try accounts.record(transaction, user, "session.answered", session.rawValue, String(open.title.prefix(200)))
            return .replied(question: open.id, text: text)
        }
    }

    /// Answers an inquiry, a question that the agent asks in its own protocol.
    ///
    /// - Parameter answers: labels of choices, or texts, by the ids of the question's items.
    /// - Throws: ``SessionsError`` when there is no such question, it was answered already, or the answers don't fit it; `StoreError`.
    public func reply(
        to question: String, _ answers: [String: [String]], in session: SessionID, by user: UserID
    ) async throws {
        try await steer(session, by: user) { [accounts] transaction, state in
            let open = try Self.open(question, .inquiry, of: session, state, transaction)
            let checked = try open.check(answers)
            try accounts.record(transaction, user, "session.answered", session.rawValue, String(open.title.prefix(200)))
            return .inquiryAnswered(AgentCommand.Reply(inquiry: open.id, answers: checked))
        }
    }

    private static func open(
        _ question: String, _ kind: OpenQuestion.Kind, of session: SessionID, _ state: SessionState, _ transaction: any Transaction
    ) throws -> OpenQuestion {
        guard let open = state.questions.first(where: { $0.id == question }) else {
            guard try SessionQueries.hasAsked(question, in: session, transaction) else {
                throw SessionsError(.notFound, "Session \(session.rawValue) has no question \(question.prefix(40)).")
            }
            throw SessionsError(
                .wrongState,
                "Question \(question.prefix(40)) of session \(session.rawValue) is over: it was answered, or is no longer asked.")
        }
        guard open.kind == kind else { throw SessionsError(.invalid, "Question \(open.id) is answered with \(open.kind.answer).") }
        return open
    }

    private static func checkAnswer(_ text: String) throws {
        try check(text)
        guard text.utf8.count <= OpenQuestion.answerLimit else { throw SessionsError(.invalid, "The answer is longer than 32 KiB.") }
    }
}
