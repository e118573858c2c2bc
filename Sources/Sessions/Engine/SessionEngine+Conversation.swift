import Accounts
import AgentProtocol
import Credentials
import Store

// What people do with a session's conversation, beside writing to it.
extension SessionEngine {
    /// Changes the text of a prompt that is kept.
    ///
    /// - Throws: ``SessionsError`` when it was handed over already, or the text is empty; `StoreError`.
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

    /// Stops what the agent does at the moment, and what it has running beside its turn or after it. The session goes on, with the next prompt if there is one.
    ///
    /// - Throws: ``SessionsError`` when it does nothing, or was asked before and goes on; `StoreError`.
    public func cancelTurn(of session: SessionID, by user: UserID) async throws {
        try await steer(session, by: user) { _, state in
            guard state.phase.isRunning, state.current != nil || state.background?.isRunning == true else {
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

    /// Does something with a session that its agent will see, if this person may and the session is in a state for it.
    func steer(
        _ session: SessionID, by user: UserID,
        _ input: @escaping @Sendable (any Transaction, SessionState) throws -> SessionInput
    ) async throws {
        let target = try await queries.session(session)
        try await change(session) { [credentials] transaction in
            let state = try SessionStore.state(session, transaction)
            try Self.checkMayWrite(user, to: target, credentials, transaction)
            return [try input(transaction, state)]
        }
        // What it waited for has come: from here on it is its own time again.
        pulses[session]?.told(now: now())
    }
}
