import Accounts
import AgentProtocol
import Store

/// Which sessions are listed.
public struct SessionFilter: Sendable, Hashable {
    /// The status that listed sessions have.
    public enum Status: Sendable, Hashable {
        /// Sessions that are not settled.
        case live
        /// Sessions whose agent waits for an answer.
        case asking
        /// Sessions that are settled.
        case over
        /// Sessions in this phase.
        case phase(Phase)

        /// The names of the statuses that are not phases.
        public static let words: [String: Status] = ["live": .live, "asking": .asking, "over": .over]
        /// All names, in the order in which they are shown.
        public static let names = ["live", "asking", "over"] + Phase.allCases.map(\.rawValue)

        /// Parses a name; `nil` for an unknown one.
        public init?(_ text: String) {
            guard let status = Self.words[text] ?? Phase(rawValue: text).map(Status.phase) else { return nil }
            self = status
        }
    }

    /// Only sessions of this project; `nil` for all.
    public var project: ProjectID?
    /// Only sessions that this user created; `nil` for all.
    public var starter: UserID?
    /// Only sessions with this status; `nil` for all.
    public var status: Status?

    /// Creates a filter; `nil` means no restriction.
    public init(project: ProjectID? = nil, starter: UserID? = nil, status: Status? = nil) {
        self.project = project
        self.starter = starter
        self.status = status
    }
}

/// A page of a list of sessions.
public struct SessionPage: Sendable {
    /// The sessions of the page.
    public var sessions: [Session] = []
    /// Sessions of the page whose rows can't be read.
    public var unreadable: [UnreadableSession] = []
    /// Where the next page begins; `nil` on the last page.
    public var next: PageKey?
}

extension SessionQueries {
    /// A page of the sessions of the projects that a user is a member of: first all that are at work, those that need an answer first; then
    /// the queued ones, the next to start first; then the settled ones. Within the other groups the newest comes first.
    ///
    /// - Throws: `StoreError`.
    public func list(
        for user: UserID, _ filter: SessionFilter = SessionFilter(), _ page: PageRequest = PageRequest(limit: 100)
    ) async throws -> SessionPage {
        try await store.read { transaction in
            var list = SessionPage()
            if page.after == nil, filter.status?.isAmongLive ?? true {
                let rows = try Self.rows(.atWork, user, filter, .last, page, transaction)
                try list.add(rows.rows, transaction)
                list.sessions = list.sessions.filter { $0.state.isAsking } + list.sessions.filter { !$0.state.isAsking }
                if filter.status == .asking {
                    list.sessions.removeAll { !$0.state.isAsking }
                    list.unreadable = []
                }
            }
            for group in Group.inOrder where filter.status?.takes(group) ?? true {
                guard let place = group.place(after: page.after) else { continue }
                let part = PageRequest(limit: max(page.limit - list.sessions.count - list.unreadable.count, 0))
                let rows = try Self.rows(group, user, filter, place, part, transaction)
                try list.add(rows.rows, transaction)
                guard rows.hasMore else { continue }
                // The last row whose place can be read; the group's start when no row of it fitted.
                let last = rows.rows.reversed().lazy.compactMap { row in try? PageKey(row, "created_at", "id") }.first ?? place
                list.next = group.key(last)
                break
            }
            return list
        }
    }

    /// “ Did you mean …?” with the nearest id among a user's newest sessions, for an unknown id; empty when none is near.
    ///
    /// - Throws: `StoreError`.
    public func hint(for typed: SessionID, of user: UserID) async throws -> String {
        try await store.read { transaction in
            let newest = PageKey.last
            let live = try transaction.query(
                """
                SELECT s.id FROM sessions s WHERE s.settled = 0 AND (s.created_at, s.id) < ($2, $3)
                    AND EXISTS (SELECT 1 FROM members m WHERE m.project_id = s.project_id AND m.user_id = $1)
                ORDER BY s.created_at DESC, s.id DESC LIMIT 1000
                """, user, newest.number, newest.text)
            let over = try transaction.query(
                """
                SELECT s.id FROM sessions s WHERE s.settled = 1 AND (s.created_at, s.id) < ($2, $3)
                    AND EXISTS (SELECT 1 FROM members m WHERE m.project_id = s.project_id AND m.user_id = $1)
                ORDER BY s.created_at DESC, s.id DESC LIMIT 1000
                """, user, newest.number, newest.text)
            return Nearest.hint(for: typed.rawValue, among: try (live + over).map { try $0.text("id") })
        }
    }

    /// Groups of sessions that are listed one after another.
    fileprivate enum Group: String {
        case atWork, queued, settled

        static let inOrder = [Group.queued, .settled]

        /// The place at which this group continues after the last page; `nil` when the last page completed it.
        func place(after key: PageKey?) -> PageKey? {
            guard let key else { return start }
            guard let (group, id) = Self.read(key) else { return nil }
            if group == self { return PageKey(number: key.number, text: id) }
            return group == .queued ? start : nil
        }

        /// The place before its first row.
        private var start: PageKey { self == .queued ? .first : .last }

        func key(_ place: PageKey) -> PageKey { PageKey(number: place.number, text: "\(rawValue):\(place.text)") }

        private static func read(_ key: PageKey) -> (Group, String)? {
            let parts = key.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let group = Group(rawValue: String(parts[0])) else { return nil }
            return (group, String(parts[1]))
        }
    }

    private static func rows(
        _ group: Group, _ user: UserID, _ filter: SessionFilter, _ after: PageKey, _ page: PageRequest, _ transaction: any Transaction
    ) throws -> PageRows {
        var phase = ""
        if case .phase(let wanted)? = filter.status { phase = wanted.rawValue }
        let wanted: [any SQLBindable] = [
            user, filter.project?.rawValue ?? "", filter.starter?.rawValue ?? "", phase, after.number, after.text,
            // A page has all that are at work: their number is limited.
            group == .atWork ? Int.max : page.probe,
        ]
        return switch group {
        case .atWork:
            PageRows(
                rows: try transaction.query(
                    "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.settled = 0 AND s.phase <> 'queued' \(Self.narrowed)",
                    wanted), hasMore: false)
        case .queued:
            try transaction.rows(
                for: page,
                "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.settled = 0 AND s.phase = 'queued' \(Self.inLine)",
                wanted)
        case .settled:
            try transaction.rows(
                for: page,
                "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.settled = 1 \(Self.narrowed)",
                wanted)
        }
    }

    private static let matching = """
        AND EXISTS (SELECT 1 FROM members m WHERE m.project_id = s.project_id AND m.user_id = $1)
            AND ($2 = '' OR s.project_id = $2) AND ($3 = '' OR s.user_id = $3) AND ($4 = '' OR s.phase = $4)
        """

    /// The end of a list's query, the newest first.
    static let narrowed = "\(matching) AND (s.created_at, s.id) < ($5, $6) ORDER BY s.created_at DESC, s.id DESC LIMIT $7"

    /// The end of the queue's query: the next to start first.
    static let inLine = "\(matching) AND (s.created_at, s.id) > ($5, $6) ORDER BY s.created_at, s.id LIMIT $7"
}

extension SessionPage {
    fileprivate mutating func add(_ rows: [Row], _ transaction: any Transaction) throws {
        let stored = try StoredSessions(rows, transaction)
        sessions += stored.sessions
        unreadable += stored.unreadable
    }
}

extension SessionFilter.Status {
    /// Whether sessions at work can have this status.
    fileprivate var isAmongLive: Bool { self != .over && self != .phase(.queued) }

    fileprivate func takes(_ group: SessionQueries.Group) -> Bool {
        switch self {
        case .live: group == .queued
        case .asking: false
        case .over: group == .settled
        case .phase(.queued): group == .queued
        case .phase: group == .settled
        }
    }
}

extension SessionState {
    fileprivate var isAsking: Bool { !questions.isEmpty }
}
