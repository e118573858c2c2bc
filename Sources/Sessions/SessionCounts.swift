import Store

/// How many sessions have not ended, by phase, and since when the oldest waits.
public struct SessionCounts: Sendable, Equatable {
    /// The count of each phase that any session is in.
    public var byPhase: [Phase: Int]
    /// The creation of the oldest queued session, in Unix milliseconds; `nil` if none is queued.
    public var oldestQueuedAt: Int64?

    /// Creates counts.
    public init(byPhase: [Phase: Int], oldestQueuedAt: Int64?) {
        self.byPhase = byPhase
        self.oldestQueuedAt = oldestQueuedAt
    }

    /// Reads the counts.
    ///
    /// - Throws: `StoreError`.
    public static func current(in store: Store) async throws -> SessionCounts {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT phase, COUNT(*) AS sessions, MIN(created_at) AS oldest FROM sessions WHERE settled = 0 GROUP BY phase")
            var counts = SessionCounts(byPhase: [:], oldestQueuedAt: nil)
            for row in rows {
                guard let phase = Phase(rawValue: try row.text("phase")) else { continue }
                counts.byPhase[phase] = try row.integer("sessions")
                if phase == .queued { counts.oldestQueuedAt = Int64(try row.integer("oldest")) }
            }
            return counts
        }
    }
}
