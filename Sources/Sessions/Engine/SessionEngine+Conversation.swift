import Accounts
import AgentProtocol
import Credentials
import Store

// What people do with a session's conversation, beside writing to it.
extension SessionEngine {
    /// Changes the text of a prompt that is kept.
    ///
    /// - Throws: ``SessionsError`` when it was handed over already, or the text is none; `StoreError`.
    public func edit(_ prompt: PromptID, _ text: String, of session: SessionID, by user: UserID) async throws {
        try Self.check(text)
        try await change(prompt, of: session, by: user) { transaction in
            try transaction.execute("UPDATE prompts SET text = $1 WHERE id = $2", text, prompt)
            return .edited(prompt)
        }
    }

    /// Takes back a prompt that is kept.
    ///
    /// - Throws: ``SessionsError`` when it was handed over already; `StoreError`.
    public func withdraw(_ prompt: PromptID, of session: SessionID, by user: UserID) async throws {
        try await change(prompt, of: session, by: user) { _ in .withdrawn(prompt) }
    }

    private func change(
        _ prompt: PromptID, of session: SessionID, by user: UserID,
        _ input: @escaping @Sendable (any Transaction) throws -> SessionInput
    ) async throws {
        try await steer(session, by: user) { transaction, state in
            guard let row = try transaction.first("SELECT state FROM prompts WHERE id = $1 AND session_id = $2", prompt, session) else {
                throw SessionsError(.notFound, "Session \(session.rawValue) has no prompt \(prompt.rawValue.prefix(40)).")
            }
            guard state.pending.contains(prompt), !state.phase.isEnd else {
                throw SessionsError(
                    .wrongState,
                    "Prompt \(prompt.rawValue) can't be changed any more: \(try row.text("state")) in a session that is \(state.phase.rawValue)."
                )
            }
            return try input(transaction)
        }
    }

    /// Stops what the agent does at the moment. The session goes on, with the next prompt if there is one.
    ///
    /// - Throws: ``SessionsError`` when it does nothing, or was asked before and goes on; `StoreError`.
    public func cancelTurn(of session: SessionID, by user: UserID) async throws {
        try await steer(session, by: user) { _, state in
            guard state.current != nil, state.phase.isRunning else {
                throw SessionsError(
                    .wrongState, "The agent of session \(session.rawValue) has nothing to stop: it is \(state.phase.rawValue).")
            }
            guard state.turn?.ignoresStop != true else {
                throw SessionsError(
                    .wrongState,
                    "The agent of session \(session.rawValue) was asked to stop its turn and goes on: it can't stop one. End the session, which keeps its work, with: sam sessions cancel \(session.rawValue)"
                )
            }
            return .turnCancelRequested
        }
    }

    /// Answers what the agent asks to be allowed.
    ///
    /// - Parameter option: the id of one of the question's options.
    /// - Throws: ``SessionsError`` when there is no such question or option, or it was answered already; `StoreError`.
    public func answer(_ question: String, with option: String, in session: SessionID, by user: UserID) async throws {
        try await steer(session, by: user) { [accounts] transaction, state in
            guard let open = state.questions.first(where: { $0.id == question }) else {
                throw SessionsError(
                    .wrongState, "Session \(session.rawValue) asks nothing with the id \(question.prefix(40)), or no longer.")
            }
            guard open.kind == .permission else {
                throw SessionsError(.invalid, "Question \(open.id) is answered with a text.")
            }
            guard let chosen = open.options.first(where: { $0.id == option }) else {
                let ids = open.options.map(\.id).joined(separator: ", ")
                throw SessionsError(.invalid, "“\(option.prefix(80))” is no answer to question \(open.id). There are: \(ids).")
            }
            try accounts.record(
                transaction, user, "session.answered", session.rawValue, "\(chosen.kind.rawValue): \(open.title.prefix(200))")
            return .answered(AgentCommand.Answer(permission: open.id, option: chosen.id))
        }
    }

    /// Answers with a text what the agent asks.
    ///
    /// - Throws: ``SessionsError`` when there is no such question, it was answered already, or the text is none; `StoreError`.
    public func reply(to question: String, _ text: String, in session: SessionID, by user: UserID) async throws {
        try Self.check(text)
        guard text.utf8.count <= 32 << 10 else { throw SessionsError(.invalid, "The answer is longer than 32 KiB.") }
        try await steer(session, by: user) { [accounts] transaction, state in
            guard let open = state.questions.first(where: { $0.id == question }) else {
                throw SessionsError(
                    .wrongState, "Session \(session.rawValue) asks nothing with the id \(question.prefix(40)), or no longer.")
            }
            guard open.kind == .text else {
                throw SessionsError(.invalid, "Question \(open.id) is answered with one of its options, not with a text.")
            }
            try accounts.record(transaction, user, "session.answered", session.rawValue, String(open.title.prefix(200)))
            return .replied(question: open.id, text: text)
        }
    }

    /// Does something with a session that its agent will see, if this person may and the session is in a state for it.
    private func steer(
        _ session: SessionID, by user: UserID,
        _ input: @escaping @Sendable (any Transaction, SessionState) throws -> SessionInput
    ) async throws {
        let target = try await queries.session(session)
        let change = try await sessions.apply(to: session) { [credentials] transaction in
            let state: SessionState = try JSONLine.decode(from: try SessionStore.row(session, transaction).text("state"))
            try Self.checkMayWrite(user, to: target, credentials, transaction)
            return [try input(transaction, state)]
        }
        // What it waited for has come: from here on it is its own time again.
        pulses[session]?.told(now: now())
        carryOut(change, session)
    }
}
