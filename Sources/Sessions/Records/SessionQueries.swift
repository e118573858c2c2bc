import Accounts
import AgentProtocol
import Store
import Workspaces

/// Reads sessions and their logs. A row that can't be read is reported and hides no other.
public struct SessionQueries: Sendable {
    let store: Store

    /// Creates the queries.
    public init(store: Store) {
        self.store = store
    }

    /// The project of a session, even when the rest of its row can't be read.
    ///
    /// - Throws: ``SessionsError/Code/notFound``; `StoreError`.
    public func project(of id: SessionID) async throws -> ProjectID {
        try await store.read { transaction in try SessionStore.row(id, transaction).parsed("project_id") }
    }

    /// Returns a session that can't be read.
    ///
    /// - Throws: ``SessionsError/Code/notFound`` when there is no such session, or it can be read; `StoreError`.
    func unreadable(_ id: SessionID) async throws -> UnreadableSession {
        try await store.read { transaction in
            let stored = try StoredSessions(try Self.rows(of: id, transaction), transaction)
            guard let session = stored.unreadable.first else { throw SessionsError.unknown(id) }
            return session
        }
    }

    private static func rows(of id: SessionID, _ transaction: any Transaction) throws -> [Row] {
        try transaction.query(
            "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.id = $1", id)
    }

    /// Reads every session, so that those that can't be read are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        _ = try StoredSessions(
            try transaction.query("SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id"), transaction)
    }

    /// Returns one session.
    ///
    /// - Throws: ``SessionsError/Code/notFound``, or ``SessionsError/Code/unreadable`` with what is wrong and what to do; `StoreError`.
    public func session(_ id: SessionID) async throws -> Session {
        try await store.read { transaction in
            let stored = try StoredSessions(try Self.rows(of: id, transaction), transaction)
            if let unreadable = stored.unreadable.first { throw unreadable.error }
            guard let session = stored.sessions.first else { throw SessionsError.unknown(id) }
            return session
        }
    }

    /// All sessions of a project.
    ///
    /// - Throws: `StoreError`.
    func sessions(of project: ProjectID) async throws -> StoredSessions {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.project_id = $1", project)
            return try StoredSessions(rows, transaction)
        }
    }

    /// The sessions that are not settled, oldest first.
    ///
    /// - Throws: `StoreError`.
    public func unsettled() async throws -> StoredSessions {
        try await store.read { transaction in
            let rows = try transaction.query(
                """
                SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id
                WHERE s.settled = 0 ORDER BY s.created_at, s.id
                """)
            return try StoredSessions(rows, transaction)
        }
    }

    /// Running and queued sessions whose user was disabled, left the project, or may only read in it now.
    ///
    /// - Throws: `StoreError`.
    func withoutStarter() async throws -> [SessionID] {
        try await store.read { transaction in
            try transaction.query(
                """
                SELECT id FROM sessions s WHERE s.settled = 0 AND s.phase NOT IN ('finishing', 'completed', 'failed', 'cancelled', 'interrupted')
                    AND NOT EXISTS (
                        SELECT 1 FROM members m JOIN users u ON u.id = m.user_id
                        WHERE m.project_id = s.project_id AND m.user_id = s.user_id AND m.role IN ('member', 'owner')
                            AND u.disabled_at IS NULL)
                """
            ).map { try $0.parsed("id") }
        }
    }

    /// The ids of the queued sessions, the next to start first. A row that can't be read is reported and hides no other.
    ///
    /// - Throws: `StoreError`.
    public func queue() async throws -> [SessionID] {
        try await queueOrder().line.map(\.session)
    }

    /// The queued sessions in the order in which they start.
    ///
    /// - Throws: `StoreError`.
    func queueOrder() async throws -> QueueOrder {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT id, user_id FROM sessions WHERE settled = 0 AND phase = 'queued' ORDER BY created_at, id")
            let queued = transaction.readable(rows, of: "sessions") {
                QueueOrder.Waiting(session: try $0.parsed("id"), user: try $0.parsed("user_id"))
            }
            var running: [UserID: Int] = [:]
            for row in try transaction.query(
                "SELECT user_id, COUNT(*) AS running FROM sessions WHERE settled = 0 AND phase <> 'queued' GROUP BY user_id")
            {
                running[try row.parsed("user_id")] = try row.integer("running")
            }
            return QueueOrder(queued, running: running)
        }
    }

    /// How many sessions count against the limit of sessions that run at once.
    ///
    /// - Throws: `StoreError`.
    func slotsHeld() async throws -> Int {
        try await store.read { transaction in
            try transaction.first("SELECT COUNT(*) AS held FROM sessions WHERE settled = 0 AND phase <> 'queued'")?.integer("held") ?? 0
        }
    }

    /// How many sessions are not settled, running or queued.
    ///
    /// - Throws: `StoreError`.
    static func unsettledCount(_ transaction: any Transaction) throws -> Int {
        try transaction.first("SELECT COUNT(*) AS unsettled FROM sessions WHERE settled = 0")?.integer("unsettled") ?? 0
    }

    /// A page of a session's log: the events after a number, in order.
    ///
    /// - Throws: ``SessionsError/Code/notFound``; `StoreError`.
    public func events(_ session: SessionID, after seq: Int, limit: Int = 500) async throws -> [SessionEvent] {
        try await log(of: session, after: seq, limit: limit).events
    }

    /// A page of a session's log, and whether the log goes on.
    ///
    /// - Parameter bytes: the page ends with the event that makes it this long.
    /// - Throws: ``SessionsError/Code/notFound``; `StoreError`.
    public func log(
        of session: SessionID, after seq: Int, limit: Int = 500, upTo bytes: Int = PageRequest.byteLimit
    ) async throws -> LogPage {
        try await store.read { transaction in
            guard
                let row = try transaction.first("SELECT settled, last_seq FROM sessions WHERE id = $1", session)
            else { throw SessionsError.unknown(session) }
            let newest = try row.integer("last_seq")
            // A follower is woken more often than there is something new.
            guard newest > seq else { return LogPage(events: [], hasMore: false, isEnd: try row.flag("settled")) }
            let events = try transaction.query(
                "SELECT seq, at, kind, payload FROM session_events WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                [session, seq, limit], upTo: bytes
            ).rows.map { row in try SessionEvent(row, of: session, transaction) }
            let hasMore = events.last.map { $0.seq < newest } ?? false
            return LogPage(events: events, hasMore: hasMore, isEnd: try !hasMore && row.flag("settled"))
        }
    }

    /// The number of a session's newest event.
    ///
    /// - Throws: ``SessionsError/Code/notFound``; `StoreError`.
    public func lastEvent(of session: SessionID) async throws -> Int {
        try await store.read { transaction in try SessionStore.row(session, transaction).integer("last_seq") }
    }

    /// A page of a session's prompts, in the order in which they were written.
    ///
    /// - Throws: `StoreError`.
    public func prompts(_ session: SessionID, _ page: PageRequest) async throws -> Page<Prompt> {
        let after = page.after ?? .first
        return try await store.read { transaction in
            let rows = try transaction.rows(
                for: page,
                """
                SELECT id, text, state, images, created_at FROM prompts WHERE session_id = $1 AND (created_at, id) > ($2, $3)
                ORDER BY created_at, id LIMIT $4
                """, session, after.number, after.text, page.probe)
            return transaction.page(rows, of: "prompts", key: { try PageKey($0, "created_at", "id") }) { row in
                Prompt(
                    id: try row.parsed("id"), text: try row.text("text"), state: try row.parsed("state"),
                    images: try row.integer("images").nonZero,
                    createdAt: Int64(try row.integer("created_at")))
            }
        }
    }

    /// The first prompt of a session and its last prompts, messages and tool calls, in order.
    ///
    /// - Parameter limit: how many of the last events. Events longer than a recap includes are left out.
    /// - Throws: `StoreError`.
    func talk(of session: SessionID, limit: Int) async throws -> [SessionEvent] {
        try await store.read { transaction in
            let last = try transaction.query(
                """
                SELECT seq, at, kind, payload FROM session_events
                WHERE session_id = $1 AND kind IN ('prompt', 'message', 'toolCall') AND length(payload) <= 16384
                ORDER BY seq DESC LIMIT $2
                """, session, limit)
            let first = try transaction.query(
                """
                SELECT seq, at, kind, payload FROM session_events
                WHERE session_id = $1 AND \(SessionEvent.isIndexed) AND kind = 'prompt' ORDER BY seq LIMIT 4
                """, session)
            let events = try (first + last.reversed()).map { row in try SessionEvent(row, of: session, transaction) }
            var seen: Set<Int> = []
            return events.filter { seen.insert($0.seq).inserted }
        }
    }

    /// The results of a project's last sessions with an agent, the newest first. Sessions without a branch are left out.
    ///
    /// - Parameter limit: how many sessions are read.
    /// - Throws: `StoreError`.
    public func results(of project: ProjectID, by agent: String, limit: Int) async throws -> [WorkspaceResult] {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT id, state FROM sessions WHERE project_id = $1 AND agent = $2 AND settled = 1 ORDER BY created_at DESC LIMIT $3",
                project, agent, limit)
            return transaction.readable(rows, of: "sessions") { try SessionState(of: $0) }.compactMap { state in
                guard let result = state.result, result.branch != nil else { return nil }
                return result
            }
        }
    }

    /// The outcome of a text question; `nil` while it is open.
    ///
    /// - Throws: ``SessionsError/Code/notFound``; `StoreError`.
    func answer(to question: String, in session: SessionID) async throws -> QuestionAnswer? {
        try await store.read { transaction in
            let state = try SessionStore.state(session, transaction)
            if state.questions.contains(where: { $0.id == question }) { return nil }
            let rows = try transaction.query(
                """
                SELECT e.seq AS seq, COALESCE(b.payload, e.payload) AS payload FROM session_events e
                LEFT JOIN session_event_blobs b ON b.session_id = e.session_id AND b.seq = e.seq
                WHERE e.session_id = $1 AND e.\(SessionEvent.isIndexed) AND e.kind = 'question' ORDER BY e.seq DESC
                """, session)
            let entries = transaction.readable(rows, of: "session_events", id: { SessionEvent.name(try $0.integer("seq"), session) }) {
                try JSONLine.decode(QuestionEntry.self, from: try $0.text("payload"))
            }
            guard let entry = entries.first(where: { $0.id == question }), let answer = entry.answer else {
                throw SessionsError(.notFound, "There is no question \(question.prefix(40)).")
            }
            return answer
        }
    }

    /// Whether a session ever asked the question with this id.
    static func hasAsked(_ question: String, in session: SessionID, _ transaction: any Transaction) throws -> Bool {
        let rows = try transaction.query(
            """
            SELECT e.seq AS seq, COALESCE(b.payload, e.payload) AS payload FROM session_events e
            LEFT JOIN session_event_blobs b ON b.session_id = e.session_id AND b.seq = e.seq
            WHERE e.session_id = $1 AND e.\(SessionEvent.isIndexed) AND e.kind IN ('inquiry', 'permission', 'question')
            """, session)
        let ids = transaction.readable(rows, of: "session_events", id: { SessionEvent.name(try $0.integer("seq"), session) }) {
            try JSONLine.decode(JSONValue.self, from: try $0.text("payload"))["id"]?.string
        }
        return ids.contains(question)
    }

    /// The full payload of an event, also where the log has only its beginning.
    ///
    /// - Returns: JSON text.
    /// - Throws: ``SessionsError/Code/notFound``; `StoreError`.
    public func payload(_ session: SessionID, seq: Int) async throws -> String {
        try await store.read { transaction in
            let row =
                try transaction.first(
                    "SELECT payload FROM session_event_blobs WHERE session_id = $1 AND seq = $2", session, seq)
                ?? transaction.first("SELECT payload FROM session_events WHERE session_id = $1 AND seq = $2", session, seq)
            guard let row else { throw SessionsError(.notFound, "Session \(session.rawValue) has no event \(seq).") }
            return try row.text("payload")
        }
    }

    /// When the branches of sessions last landed; sessions that never did are missing.
    ///
    /// - Throws: `StoreError`.
    public func landings(of sessions: [SessionID]) async throws -> [SessionID: Int64] {
        guard !sessions.isEmpty else { return [:] }
        let places = sessions.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        return try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT subject, MAX(at) AS at FROM audit WHERE subject IN (\(places)) AND action = 'session.landed' GROUP BY subject",
                sessions)
            return try rows.reduce(into: [:]) { landings, row in landings[try row.parsed("subject")] = Int64(try row.integer("at")) }
        }
    }

    /// When a session's branch last landed, in UTC milliseconds, by the audit trail; `nil` if it never did.
    static func landing(of session: SessionID, _ transaction: any Transaction) throws -> Int64? {
        try transaction.first("SELECT MAX(at) AS at FROM audit WHERE subject = $1 AND action = 'session.landed'", session)?
            .optionalInteger("at").map { Int64($0) }
    }

    /// When a session entered each phase, and how long the phase usually takes in this project with this agent.
    ///
    /// - Throws: `StoreError`.
    public func progress(of session: Session) async throws -> [StageProgress] {
        try await store.read { transaction in
            let mine = try Self.changes(session.id, transaction)
            let others = try transaction.query(
                """
                SELECT id FROM sessions WHERE project_id = $1 AND agent = $2 AND phase = 'completed' AND id <> $3
                ORDER BY created_at DESC LIMIT 10
                """, session.project, session.agent, session.id)
            var durations: [Phase: [Int64]] = [:]
            for row in others {
                for stage in StageProgress.stages(try Self.changes(try row.parsed("id"), transaction)) {
                    if let milliseconds = stage.milliseconds { durations[stage.phase, default: []].append(milliseconds) }
                }
            }
            return StageProgress.stages(mine).map { stage in
                var stage = stage
                let known = (durations[stage.phase] ?? []).sorted()
                stage.usualMilliseconds = known.isEmpty ? nil : known[known.count / 2]
                return stage
            }
        }
    }

    private static func changes(_ session: SessionID, _ transaction: any Transaction) throws -> [(phase: Phase, at: Int64)] {
        let rows = try transaction.query(
            """
            SELECT seq, at, payload FROM session_events
            WHERE session_id = $1 AND \(SessionEvent.isIndexed) AND kind = 'state' ORDER BY seq
            """, session)
        return transaction.readable(rows, of: "session_events", id: { SessionEvent.name(try $0.integer("seq"), session) }) { row in
            let change: StateChange = try JSONLine.decode(from: try row.text("payload"))
            return (change.phase, Int64(try row.integer("at")))
        }
    }
}

/// One phase of a session, with its actual and its usual duration.
public struct StageProgress: Sendable, Hashable, Codable {
    /// The phase.
    public var phase: Phase
    /// When the session entered it, in UTC milliseconds.
    public var startedAt: Int64
    /// How long it lasted; `nil` while it lasts.
    public var milliseconds: Int64?
    /// The median of the last ten completed sessions of this project with this agent; `nil` when there are none.
    public var usualMilliseconds: Int64?

    static func stages(_ changes: [(phase: Phase, at: Int64)]) -> [StageProgress] {
        changes.enumerated().map { index, change in
            let next = index + 1 < changes.count ? changes[index + 1].at : nil
            // The clock may have been set back in between.
            return StageProgress(phase: change.phase, startedAt: change.at, milliseconds: next.map { max(0, $0 - change.at) })
        }
    }
}

extension Int {
    /// `nil` for zero.
    fileprivate var nonZero: Int? { self == 0 ? nil : self }
}
