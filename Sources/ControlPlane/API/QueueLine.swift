import API
import Accounts
import AgentProtocol
import Sessions

/// The queue of sessions, for views.
struct QueueLine {
    private var places: [SessionID: Int] = [:]
    private let viewer: UserID
    private var wait: QueueWait?

    /// Reads the queue, if one of these sessions is queued.
    ///
    /// - Parameter viewer: who looks. Only they read which sessions of theirs hold slots.
    /// - Throws: `StoreError`.
    init(for sessions: [Session], viewer: UserID, _ queries: SessionQueries, _ slots: SessionSlots) async throws {
        self.viewer = viewer
        guard sessions.contains(where: { $0.state.phase == .queued }) else { return }
        let line = try await queries.queue()
        places = Dictionary(uniqueKeysWithValues: line.enumerated().map { ($1, $0 + 1) })
        wait = try await slots.waitOfQueue(for: viewer)
    }

    private func reason(_ session: Session) -> String {
        guard let wait else { return session.state.heldBackBy ?? "its turn" }
        return session.user == viewer ? wait.sentence : wait.turn
    }

    /// A session's position; `nil` if it is not queued.
    func standing(of session: Session) -> QueueStanding? {
        guard session.state.phase == .queued else { return nil }
        return QueueStanding(place: places[session.id], waitingFor: reason(session))
    }
}
