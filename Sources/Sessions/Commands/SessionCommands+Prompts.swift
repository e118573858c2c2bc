import Accounts
import AgentProtocol
import Credentials
import Store

// What people do with a session's conversation.
extension SessionCommands {
    /// Stores a prompt for a session; it is delivered when the agent is free.
    ///
    /// - Throws: ``SessionsError`` when the session is over or the text too long, or when it works with another user's own credential: then
    ///   only that user may write to it. `StoreError`.
    public func prompt(
        _ text: String, images: [PromptImage] = [], to session: SessionID, by user: UserID
    ) async throws -> Prompt {
        try Self.check(text)
        let target = try await queries.session(session)
        guard let id = PromptID.random(prefix: "t") else { throw SessionsError(.invalid, "No id could be made.") }
        let created = changes.now()
        let change = try await changes.change(
            session,
            { [accounts, credentials] transaction in
                try QueueBounds.checkPending(try SessionStore.state(session, transaction), of: session)
                // The role may have been lost since the request was admitted.
                try accounts.check(user, hasRole: .member, in: target.project, transaction)
                try WriteAccess.check(user, to: target, credentials, transaction)
                try Self.keep(id, text, images, session, user, created, transaction)
                return [.prompt(id)]
            },
            check: { state in
                guard state.current == id || state.pending.contains(id) else {
                    throw SessionsError(
                        .wrongState, "Session \(session.rawValue) is \(state.phase.rawValue). \(state.wayOn(from: session))")
                }
            })
        return Prompt(
            id: id, text: text, state: change.state.current == id ? .delivered : .kept, images: images.isEmpty ? nil : images.count,
            createdAt: created)
    }

    /// Changes the text of a prompt that is not delivered yet. From then on it is the prompt of the user who changed it.
    ///
    /// - Throws: ``SessionsError`` when it was delivered already, or the text is empty; `StoreError`.
    public func edit(_ prompt: PromptID, _ text: String, of session: SessionID, by user: UserID) async throws {
        try Self.check(text)
        try await change(prompt, of: session, by: user) { transaction in
            try transaction.execute("UPDATE prompts SET text = $1, user_id = $2 WHERE id = $3", text, user, prompt)
            return .edited(prompt)
        }
    }

    /// Withdraws a prompt that is not delivered yet.
    ///
    /// - Throws: ``SessionsError`` when it was delivered already; `StoreError`.
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

    /// Stops the agent's turn and its background work. The session continues, with the next prompt if there is one.
    ///
    /// - Throws: ``SessionsError`` when the agent does nothing, or has ignored an earlier request to stop; `StoreError`.
    public func cancelTurn(of session: SessionID, by user: UserID) async throws {
        try await steer(session, by: user) { _, state in
            guard state.phase.isRunning, state.current != nil || state.background?.isRunning == true else {
                throw SessionsError(
                    .wrongState, "The agent of session \(session.rawValue) has nothing to stop: it is \(state.phase.rawValue).")
            }
            guard state.turn?.ignoresStop != true else {
                throw SessionsError(
                    .wrongState,
                    "The agent of session \(session.rawValue) was asked to stop its turn and continues: it can't stop one. End the session, which keeps its work, with: sam sessions cancel \(session.rawValue)"
                )
            }
            return .turnCancelRequested
        }
    }

    static func check(_ text: String) throws {
        guard !text.isBlank else { throw SessionsError(.invalid, "The prompt is empty.") }
        guard text.utf8.count <= 1 << 20 else { throw SessionsError(.invalid, "The prompt is longer than 1 MiB.") }
        guard !text.contains("\0") else { throw SessionsError(.invalid, "The prompt holds a NUL byte.") }
    }

    static func keep(
        _ id: PromptID, _ text: String, _ images: [PromptImage], _ session: SessionID, _ user: UserID, _ now: Int64,
        _ transaction: any Transaction
    ) throws {
        try transaction.execute(
            "INSERT INTO prompts (id, session_id, user_id, text, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            id, session, user, text, PromptState.kept.rawValue, now)
        try PromptImages.keep(images, of: id, in: session, transaction)
    }
}
