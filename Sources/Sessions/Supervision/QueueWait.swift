import Accounts
import AgentProtocol
import Store

/// Why queued sessions wait while all slots are taken, and what their user can do about it. Pure.
public struct QueueWait: Sendable, Hashable {
    /// How many sessions may run at once.
    let limit: Int
    /// The user's sessions that hold slots while they wait for a prompt, oldest first. They never end by themselves.
    let idle: [SessionID]

    /// The most sessions that are named.
    static let shown = 3

    /// The reason without the user's own sessions, for others.
    public var turn: String { "its turn: as many sessions run as may at once (sessions.limit is \(limit))" }

    /// The reason, as it follows “waits for”.
    public var sentence: String {
        guard let first = idle.first else { return turn }
        let names = idle.prefix(Self.shown).map(\.rawValue).joined(separator: ", ")
        let more = idle.count > Self.shown ? " and \(idle.count - Self.shown) more" : ""
        let hold = idle.count == 1 ? "holds a slot while it waits" : "hold slots while they wait"
        return
            "\(turn). Your own \(names)\(more) \(hold) for a prompt: sam sessions finish \(first.rawValue) ends \(idle.count == 1 ? "it" : "one")"
    }
}

extension QueueWait {
    /// The wait of a user's queued sessions.
    ///
    /// - Throws: `StoreError`.
    init(of user: UserID, limit: Int, _ transaction: any Transaction) throws {
        self.limit = limit
        idle = try transaction.query(
            "SELECT id FROM sessions WHERE settled = 0 AND phase = 'ready' AND user_id = $1 ORDER BY created_at, id", user
        ).map { try $0.parsed("id") }
    }
}
