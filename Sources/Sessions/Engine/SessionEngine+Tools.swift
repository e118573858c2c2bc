import Accounts
import AgentProtocol
import Settings
import Store

// What a session's agent does with SAM's own tools.
extension SessionEngine {
    /// Asks a person something for an agent.
    ///
    /// - Returns: the question's id.
    /// - Throws: ``SessionsError`` when the agent answers no prompt, or too many of its questions are open; `StoreError`.
    public func ask(_ text: String, suggestions: [String], in session: SessionID) async throws -> String {
        let target = try await queries.session(session)
        let time = try await settings.integer(.answerTimeout, project: target.project, user: target.user)
        guard let id = PromptID.random(prefix: "q")?.rawValue else { throw SessionsError(.invalid, "No id could be made.") }
        let question = OpenQuestion(
            id: id, text: text.cut(to: 4_000), suggestions: suggestions.prefix(8).map { $0.cut(to: 200) },
            until: now() + Int64(time) * 1_000)
        let state = try await apply(.asked(question), to: session)
        guard state.questions.contains(question) else {
            throw SessionsError(
                .wrongState,
                "A person can be asked only while the agent works, and at most \(SessionReducer.questionLimit) things at once.")
        }
        return id
    }

    /// What came of a question, once something did.
    ///
    /// - Parameter deadline: when to give up waiting, in UTC milliseconds.
    /// - Returns: `nil` when it is open still.
    /// - Throws: ``SessionsError/Code/notFound`` when there is no such question; `StoreError`.
    public nonisolated func answer(to question: String, in session: SessionID, until deadline: Int64) async throws -> QuestionAnswer? {
        // Followed before it is read: what changes in between is not missed.
        let changes = changes(of: session)
        if let answer = try await queries.answer(to: question, in: session) { return answer }
        for await _ in changes {
            if let answer = try await queries.answer(to: question, in: session) { return answer }
            if now() >= deadline { return nil }
        }
        return nil
    }

    /// Tells how far an agent says it has come.
    ///
    /// - Throws: ``SessionsError``; `StoreError`.
    public func progress(_ text: String, in session: SessionID) async throws {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        try await apply(.progressed(line.cut(to: 300)), to: session)
    }
}
