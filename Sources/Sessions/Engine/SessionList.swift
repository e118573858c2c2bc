import Accounts
import AgentProtocol
import Store

/// Which sessions are listed.
public struct SessionFilter: Sendable, Hashable {
    /// What sessions are asked for by.
    public enum Status: Sendable, Hashable {
        /// Those to which something may still happen.
        case live
        /// Those of which an agent waits for an answer.
        case asking
        /// Those that are settled.
        case over
        case phase(Phase)

        /// The words for those that are no phase.
        public static let words: [String: Status] = ["live": .live, "asking": .asking, "over": .over]
        /// Every word, in the order in which they are shown.
        public static let names = ["live", "asking", "over"] + Phase.allCases.map(\.rawValue)

        /// Reads a word; `nil` for one that is none.
        public init?(_ text: String) {
            guard let status = Self.words[text] ?? Phase(rawValue: text).map(Status.phase) else { return nil }
            self = status
        }
    }

    public var project: ProjectID?
    /// Who asked for them.
    public var starter: UserID?
    public var status: Status?

    /// Asks for sessions.
    public init(project: ProjectID? = nil, starter: UserID? = nil, status: Status? = nil) {
        self.project = project
        self.starter = starter
        self.status = status
    }
}

/// A part of a list of sessions.
public struct SessionPage: Sendable {
    public var sessions: [Session] = []
    public var unreadable: [UnreadableSession] = []
    /// Where the next part begins; `nil` when this was the last.
    public var next: PageKey?
}

extension SessionQueries {
    /// A part of the sessions of the projects that a user is a member of: first those at work, all of them in the first part, and of
    /// these the ones that need an answer; then those that wait for their turn, and then the others, each from the newest on.
    ///
    /// - Throws: `StoreError`.
    public func list(
        for user: UserID, _ filter: SessionFilter = SessionFilter(), _ page: PageRequest = PageRequest(limit: 100)
    ) async throws -> SessionPage {
        try await store.read { transaction in
            var list = SessionPage()
            if page.after == nil, filter.status?.isAmongLive ?? true {
                let rows = try Self.rows(.atWork, user, filter, .last, .max, transaction)
                try list.add(rows, transaction)
                list.sessions = list.sessions.filter { $0.state.isAsking } + list.sessions.filter { !$0.state.isAsking }
                if filter.status == .asking {
                    list.sessions.removeAll { !$0.state.isAsking }
                    list.unreadable = []
                }
            }
            for group in Group.inOrder where filter.status?.takes(group) ?? true {
                guard let place = group.place(after: page.after) else { continue }
                let room = page.limit - list.sessions.count - list.unreadable.count
                let rows = try Self.rows(group, user, filter, place, max(room, 0) + 1, transaction)
                guard rows.count > max(room, 0) else {
                    try list.add(rows, transaction)
                    continue
                }
                let shown = Array(rows.prefix(max(room, 0)))
                try list.add(shown, transaction)
                // The last one whose place can be read; before the group's first where nothing of it fitted in.
                let last = shown.reversed().lazy.compactMap { row in try? PageKey(row, "created_at", "id") }.first ?? place
                list.next = group.key(last)
                break
            }
            return list
        }
    }

    /// “ Did you mean …?” with the nearest id among a user's newest sessions, for an id that is none of theirs; empty when none is near.
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

    /// Sessions that are listed one after the other.
    fileprivate enum Group: String {
        case atWork, queued, settled

        static let inOrder = [Group.queued, .settled]

        /// The place from which this group goes on after the place where the last part ended; `nil` when it was through then.
        func place(after key: PageKey?) -> PageKey? {
            guard let key else { return .last }
            guard let (group, id) = Self.read(key) else { return nil }
            if group == self { return PageKey(number: key.number, text: id) }
            return group == .queued ? .last : nil
        }

        func key(_ place: PageKey) -> PageKey { PageKey(number: place.number, text: "\(rawValue):\(place.text)") }

        private static func read(_ key: PageKey) -> (Group, String)? {
            let parts = key.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let group = Group(rawValue: String(parts[0])) else { return nil }
            return (group, String(parts[1]))
        }
    }

    private static func rows(
        _ group: Group, _ user: UserID, _ filter: SessionFilter, _ after: PageKey, _ limit: Int, _ transaction: any Transaction
    ) throws -> [Row] {
        var phase = ""
        if case .phase(let wanted)? = filter.status { phase = wanted.rawValue }
        let wanted: [any SQLBindable] = [
            user, filter.project?.rawValue ?? "", filter.starter?.rawValue ?? "", phase, after.number, after.text, limit,
        ]
        return switch group {
        case .atWork:
            try transaction.query(
                "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.settled = 0 AND s.phase <> 'queued' \(Self.narrowed)",
                wanted)
        case .queued:
            try transaction.query(
                "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.settled = 0 AND s.phase = 'queued' \(Self.narrowed)",
                wanted)
        case .settled:
            try transaction.query(
                "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id WHERE s.settled = 1 \(Self.narrowed)",
                wanted)
        }
    }

    /// What the lists of sessions have in common.
    static let narrowed = """
        AND EXISTS (SELECT 1 FROM members m WHERE m.project_id = s.project_id AND m.user_id = $1)
            AND ($2 = '' OR s.project_id = $2) AND ($3 = '' OR s.user_id = $3) AND ($4 = '' OR s.phase = $4)
            AND (s.created_at, s.id) < ($5, $6)
        ORDER BY s.created_at DESC, s.id DESC LIMIT $7
        """
}

extension SessionPage {
    fileprivate mutating func add(_ rows: [Row], _ transaction: any Transaction) throws {
        let stored = try StoredSessions(rows, transaction)
        sessions += stored.sessions
        unreadable += stored.unreadable
    }
}

extension SessionFilter.Status {
    /// Whether sessions at work can be of this kind.
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
