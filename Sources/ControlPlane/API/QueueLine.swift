import Accounts
import AgentProtocol
import Sessions

/// The line of queued sessions, as views tell of it.
struct QueueLine {
    /// Where one session stands in it.
    struct Standing {
        /// Counting from 1.
        var place: Int?
        /// What it waits for.
        var waitingFor: String
    }

    private var places: [SessionID: Int] = [:]
    private var wait: String?

    /// Reads the line, where one of these sessions may stand in it.
    ///
    /// - Throws: `StoreError`.
    init(for sessions: [Session], user: UserID, _ engine: SessionEngine) async throws {
        guard sessions.contains(where: { $0.state.phase == .queued }) else { return }
        let line = try await engine.queries.queue()
        places = Dictionary(uniqueKeysWithValues: line.enumerated().map { ($1, $0 + 1) })
        wait = try await engine.waitOfQueue(for: user)
    }

    /// Where a session stands; `nil` for one that is not queued.
    func standing(of session: Session) -> Standing? {
        guard session.state.phase == .queued else { return nil }
        return Standing(place: places[session.id], waitingFor: wait ?? session.state.heldBackBy ?? "its turn")
    }
}
