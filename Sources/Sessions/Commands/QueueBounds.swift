import Accounts
import AgentProtocol
import Store
import Wording

/// What one person may have waiting at once.
enum QueueBounds {
    /// The most sessions that one user may have queued.
    static let queuedLimit = 100
    /// The most prompts that may wait in one session.
    static let pendingLimit = 100

    /// Checks that a user may queue one more session.
    ///
    /// - Throws: ``SessionsError/Code/limit``; `StoreError`.
    static func checkQueue(of user: UserID, _ transaction: any Transaction) throws {
        let queued =
            try transaction.first(
                "SELECT COUNT(*) AS queued FROM sessions WHERE settled = 0 AND phase = 'queued' AND user_id = $1", user
            )?.integer("queued") ?? 0
        guard queued >= queuedLimit else { return }
        throw SessionsError(
            .limit,
            "You have \(queued.of("session")) in line, and at most \(queuedLimit) may wait. Wait until some have started, or cancel some."
        )
    }

    /// Checks that one more prompt may wait in a session.
    ///
    /// - Throws: ``SessionsError/Code/limit``.
    static func checkPending(_ state: SessionState, of session: SessionID) throws(SessionsError) {
        guard state.pending.count >= pendingLimit, !state.phase.isEnd else { return }
        throw SessionsError(
            .limit,
            "\(state.pending.count.of("prompt")) wait in session \(session.rawValue), and at most \(pendingLimit) may. Wait until some are answered, or withdraw some."
        )
    }
}
