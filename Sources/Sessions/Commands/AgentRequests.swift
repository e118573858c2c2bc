import Accounts
import AgentProtocol
import Settings
import Store

/// What a session's agent asks with SAM's own tools. Stateless; safe to share between tasks.
public struct AgentRequests: Sendable {
    /// Reads sessions and their logs.
    public var queries: SessionQueries { changes.queries }
    private let changes: SessionChanges
    private let settings: Settings

    /// Creates the service.
    public init(changes: SessionChanges, settings: Settings) {
        self.changes = changes
        self.settings = settings
    }

    /// Asks a person a question on behalf of an agent.
    ///
    /// - Returns: the question's id.
    /// - Throws: ``SessionsError`` when the agent has no turn, or too many of its questions are open; `StoreError`.
    public func ask(_ text: String, suggestions: [String], in session: SessionID) async throws -> String {
        let target = try await queries.session(session)
        let time = try await settings.integer(.answerTimeout, project: target.project, user: target.user)
        guard let id = PromptID.random(prefix: "q")?.rawValue else { throw SessionsError(.invalid, "No id could be made.") }
        let question = OpenQuestion(
            id: id, text: text.cut(to: 4_000), suggestions: suggestions.prefix(8).map { $0.cut(to: 200) },
            until: changes.now() + Int64(time) * 1_000)
        let state = try await changes.apply(.asked(question), to: session)
        guard state.questions.contains(question) else {
            throw SessionsError(
                .wrongState,
                "A person can be asked only while the agent works, and at most \(SessionReducer.questionLimit) things at once.")
        }
        return id
    }

    /// Waits for the answer to a question.
    ///
    /// - Parameter deadline: when to stop waiting, in UTC milliseconds.
    /// - Returns: `nil` when the question is still open.
    /// - Throws: ``SessionsError/Code/notFound`` when there is no such question; `StoreError`.
    public func answer(to question: String, in session: SessionID, until deadline: Int64) async throws -> QuestionAnswer? {
        // Subscribes before it reads, so that no change in between is missed.
        let ticks = changes.follow(session)
        if let answer = try await queries.answer(to: question, in: session) { return answer }
        for await _ in ticks {
            if let answer = try await queries.answer(to: question, in: session) { return answer }
            if changes.now() >= deadline { return nil }
        }
        return nil
    }

    /// Logs the progress that an agent reports.
    ///
    /// - Throws: ``SessionsError``, with ``SessionsError/Code/limit`` when it reported too often; `StoreError`.
    public func progress(_ text: String, in session: SessionID) async throws {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").cut(to: 300)
        try await changes.change(session) { [changes] transaction in
            let state = try SessionStore.state(session, transaction)
            if state.takesProgress(line), let refusal = state.progressRefusal(at: changes.now()) { throw SessionsError(.limit, refusal) }
            return [.progressed(line)]
        }
    }
}
