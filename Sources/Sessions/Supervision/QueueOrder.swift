import Accounts
import AgentProtocol

/// The order in which queued sessions start. Pure.
///
/// The next to start is always of the user with the fewest running sessions, so that no one user's sessions keep those of the others
/// waiting; among equals it is the one that has waited longest.
struct QueueOrder: Sendable {
    /// A queued session.
    struct Waiting: Sendable, Hashable {
        var session: SessionID
        var user: UserID
    }

    /// The queued sessions of each user, with their places among all, oldest first.
    private var waiting: [UserID: ArraySlice<(place: Int, session: SessionID)>] = [:]
    private var running: [UserID: Int]

    /// - Parameters:
    ///   - queued: in the order in which they were created.
    ///   - running: how many sessions of each user run; users without any may be left out.
    init(_ queued: [Waiting], running: [UserID: Int]) {
        self.running = running
        for (place, one) in queued.enumerated() { waiting[one.user, default: []].append((place, one.session)) }
    }

    /// Takes the session out of the queue whose turn it is.
    mutating func next() -> Waiting? {
        let fronts = waiting.compactMap { user, sessions in sessions.first.map { (running[user, default: 0], $0.place, user) } }
        guard let user = fronts.min(by: { ($0.0, $0.1) < ($1.0, $1.1) })?.2, let session = waiting[user]?.popFirst()?.session else {
            return nil
        }
        return Waiting(session: session, user: user)
    }

    /// Counts a session that has started. One that can't start yet is not counted, so its user's next one gets the same turn.
    mutating func started(_ session: Waiting) {
        running[session.user, default: 0] += 1
    }

    /// The whole line, the next to start first, if each starts when its turn comes.
    var line: [Waiting] {
        var order = self
        var line: [Waiting] = []
        while let next = order.next() {
            order.started(next)
            line.append(next)
        }
        return line
    }
}
