import Accounts
import Foundation
import Store

/// By what a report on usage is broken down.
public enum UsageGrouping: String, Sendable, Codable, CaseIterable {
    case project, user, session, credential, model, day, provider

    /// The column or expression behind it. A constant of the program's, never a value from outside.
    var expression: String {
        switch self {
        case .project: "COALESCE((SELECT name FROM projects p WHERE p.id = u.project_id), u.project_id, '')"
        case .user: "COALESCE((SELECT name FROM users x WHERE x.id = u.user_id), u.user_id)"
        case .session: "COALESCE(u.session_id, '')"
        case .credential: "COALESCE(u.credential_id, '')"
        case .model: "COALESCE(u.model, '')"
        // Days since 1970: whole-number arithmetic that both databases have.
        case .day: "CAST(u.at / 86400000 AS TEXT)"
        case .provider: "u.provider"
        }
    }
}

/// One line of a report on usage.
public struct UsageLine: Sendable, Hashable, Codable {
    /// What the line is about; empty for what belongs to none.
    public var name: String
    public var requests: Int
    public var usage: TokenUsage
    public var cost: Money
    /// How many of the requests are estimates.
    public var estimated: Int
    /// How many were under way when SAM died.
    public var unsettled: Int
}

/// What to report on.
public struct UsageQuery: Sendable {
    public var grouping: UsageGrouping
    /// UTC milliseconds.
    public var since: Int64
    public var project: ProjectID?
    public var session: String?

    /// Asks for a report.
    public init(by grouping: UsageGrouping, since: Int64, project: ProjectID? = nil, session: String? = nil) {
        self.grouping = grouping
        self.since = since
        self.project = project
        self.session = session
    }
}

/// Which rows a report reads. Each has an index: one condition for all of them would have the database read every row there is.
enum UsageRange: CaseIterable {
    case session, project
    /// A person's own, and that of their projects.
    case own
    /// An administrator's.
    case everyones

    /// The condition of its rows. A constant of the program's, never a value from outside.
    var condition: String {
        switch self {
        case .session: "u.session_id = $4 AND ($5 = '' OR u.project_id = $5) AND ($2 = 1 OR \(Self.mine))"
        case .project: "u.project_id = $4 AND ($2 = 1 OR \(Self.mine))"
        case .own: "$2 = 0 AND (\(Self.mine))"
        case .everyones: "$2 = 1"
        }
    }

    private static let mine = "u.user_id = $3 OR u.project_id IN (SELECT m.project_id FROM members m WHERE m.user_id = $3)"

    /// What a query reads for a person, and the values that go into its condition.
    static func of(_ query: UsageQuery, for user: User) -> (range: UsageRange, parameters: [any SQLBindable]) {
        let isAdministrator = user.role == .administrator
        let person: [any SQLBindable] = [query.since, isAdministrator, user.id]
        if let session = query.session { return (.session, person + [session, query.project?.rawValue ?? ""]) }
        if let project = query.project { return (.project, person + [project.rawValue]) }
        return isAdministrator ? (.everyones, [query.since, isAdministrator]) : (.own, person)
    }
}

extension UsageLedger {
    /// A report on usage, the dearest line first, with what has just ended. People see their own usage and that of their projects; administrators see
    /// everyone's.
    ///
    /// - Throws: `StoreError`.
    public func report(_ query: UsageQuery, for user: User) async throws -> [UsageLine] {
        await flush()
        return try await budgets.store.read { transaction in
            let (range, parameters) = UsageRange.of(query, for: user)
            return try transaction.query(
                """
                SELECT \(query.grouping.expression) AS name, COUNT(*) AS requests, SUM(u.input) AS input, SUM(u.cache_read) AS cache_read,
                    SUM(u.cache_write) AS cache_write, SUM(u.cache_write_long) AS cache_write_long, SUM(u.output) AS output,
                    SUM(u.reasoning) AS reasoning, SUM(u.web_searches) AS web_searches, SUM(u.cost_nano) AS cost_nano,
                    SUM(CASE WHEN u.state = 'estimated' THEN 1 ELSE 0 END) AS estimated,
                    SUM(CASE WHEN u.state = 'unsettled' THEN 1 ELSE 0 END) AS unsettled
                FROM usage u WHERE u.at >= $1 AND \(range.condition)
                GROUP BY 1 ORDER BY SUM(u.cost_nano) DESC, 1
                """, parameters
            ).map { try UsageLine($0, query.grouping) }
        }
    }
}

extension UsageLine {
    fileprivate init(_ row: Row, _ grouping: UsageGrouping) throws {
        name = try row.text("name")
        if grouping == .day, let days = Int(name) {
            name = Date(timeIntervalSince1970: Double(days) * 86_400).formatted(.iso8601.year().month().day())
        }
        requests = try row.integer("requests")
        usage = TokenUsage(
            input: try row.integer("input"), cacheRead: try row.integer("cache_read"), cacheWrite: try row.integer("cache_write"),
            cacheWriteLong: try row.integer("cache_write_long"), output: try row.integer("output"),
            reasoning: try row.integer("reasoning"), webSearches: try row.integer("web_searches"))
        cost = Money(rawValue: Int64(try row.integer("cost_nano")))
        estimated = try row.integer("estimated")
        unsettled = try row.integer("unsettled")
    }
}
