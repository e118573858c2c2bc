import Accounts
import Foundation
import Store

/// How a usage report is broken down.
public enum UsageGrouping: String, Sendable, Codable, CaseIterable {
    /// The property by which requests are grouped; `reason` is why they are estimates.
    case project, user, session, credential, model, day, provider, reason

    /// The SQL expression. A constant, never input.
    var expression: String {
        switch self {
        case .project: "COALESCE((SELECT name FROM projects p WHERE p.id = u.project_id), u.project_id, '')"
        case .user: "COALESCE((SELECT name FROM users x WHERE x.id = u.user_id), u.user_id)"
        case .session: "COALESCE(u.session_id, '')"
        case .credential: "COALESCE(u.credential_id, '')"
        case .model: "COALESCE(u.model, '')"
        // Days since the start of the range: integer arithmetic that both databases have.
        case .day: "CAST((u.at - $1) / 86400000 AS TEXT)"
        case .provider: "u.provider"
        // Empty for exact rows.
        case .reason: "COALESCE(u.why, '')"
        }
    }
}

/// One line of a usage report.
public struct UsageLine: Sendable, Hashable, Codable {
    /// The group's name; empty for requests that belong to none.
    public var name: String
    /// The number of requests.
    public var requests: Int
    /// The tokens used.
    public var usage: TokenUsage
    /// The cost.
    public var cost: Money
    /// The number of requests with an estimated part.
    public var estimated: Int
    /// The number of requests that were open when SAM ended.
    public var unsettled: Int
    /// The time zone of a day; `nil` for other lines.
    public var timeZone: String?
}

/// The selection for a usage report.
public struct UsageQuery: Sendable {
    /// How the report is broken down.
    public var grouping: UsageGrouping
    /// The first time that is included, in UTC milliseconds.
    public var since: Int64
    /// Only requests of this project, if set.
    public var project: ProjectID?
    /// Only requests of this session, if set.
    public var session: String?

    /// The SQL expression of a request's cost; for a project, by the prices that count there.
    var cost: String { project == nil ? Self.costs[0] : Self.costs[1] }

    /// Constants, never input.
    static let costs = ["u.cost_nano", "COALESCE(u.project_cost_nano, u.cost_nano)"]

    /// Creates a query.
    public init(by grouping: UsageGrouping, since: Int64, project: ProjectID? = nil, session: String? = nil) {
        self.grouping = grouping
        self.since = since
        self.project = project
        self.session = session
    }
}

/// The rows that a report reads. Each case has an index: one condition for all of them would scan the whole table.
enum UsageRange: CaseIterable {
    case session, project
    /// A user's own usage and that of their projects.
    case own
    /// All usage, for administrators.
    case everyones

    /// The SQL condition of the rows. A constant, never input.
    var condition: String {
        switch self {
        case .session: "u.session_id = $5 AND ($6 = '' OR u.project_id = $6) AND ($3 = 1 OR \(Self.mine))"
        case .project: "u.project_id = $5 AND ($3 = 1 OR \(Self.mine))"
        case .own: "$3 = 0 AND (\(Self.mine))"
        case .everyones: "$3 = 1"
        }
    }

    private static let mine = "u.user_id = $4 OR u.project_id IN (SELECT m.project_id FROM members m WHERE m.user_id = $4)"

    /// The range that a query reads for a user, and the parameters of its condition, from `$3` on.
    static func of(_ query: UsageQuery, for user: User) -> (range: UsageRange, parameters: [any SQLBindable]) {
        let isAdministrator = user.role == .administrator
        let person: [any SQLBindable] = [isAdministrator, user.id]
        if let session = query.session { return (.session, person + [session, query.project?.rawValue ?? ""]) }
        if let project = query.project { return (.project, person + [project.rawValue]) }
        return isAdministrator ? (.everyones, [isAdministrator]) : (.own, person)
    }
}

extension UsageLedger {
    /// A usage report, the most expensive line first, including requests that have just ended. Users see their own usage and that of their
    /// projects; administrators see all. Days are those of budgets; costs at a project are by the prices that count there.
    ///
    /// - Throws: `StoreError`.
    public func report(_ query: UsageQuery, for user: User) async throws -> [UsageLine] {
        await flush()
        return try await budgets.store.read { [budgets] transaction in
            guard query.grouping == .day else {
                return try Self.lines(query, query.since..<Int64.max, user, transaction).map { try UsageLine($0) }
            }
            guard let first = try transaction.first("SELECT at FROM usage ORDER BY at LIMIT 1") else { return [] }
            let begin = max(query.since, Int64(try first.integer("at")))
            // Includes rows with a later time, in case the clock was set back.
            let end = max(budgets.now(), begin) + 400 * LocalTime.dayLength
            var days: [Int: UsageLine] = [:]
            for span in try budgets.zones(in: transaction).days(in: begin..<end) {
                for row in try Self.lines(query, span.range, user, transaction) {
                    var line = try UsageLine(row)
                    line.timeZone = span.zone
                    let day = span.day(Int(line.name) ?? 0)
                    days[day] = days[day].map { $0.adding(line) } ?? line
                }
            }
            return days.map { day, line in line.named(Self.name(ofDay: day)) }
                .sorted { ($1.cost, $0.name) < ($0.cost, $1.name) }
        }
    }

    private static func lines(
        _ query: UsageQuery, _ times: Range<Int64>, _ user: User, _ transaction: any Transaction
    ) throws -> [Row] {
        let (range, parameters) = UsageRange.of(query, for: user)
        return try transaction.query(
            """
            SELECT \(query.grouping.expression) AS name, COUNT(*) AS requests, SUM(u.input) AS input, SUM(u.cache_read) AS cache_read,
                SUM(u.cache_write) AS cache_write, SUM(u.cache_write_long) AS cache_write_long, SUM(u.output) AS output,
                SUM(u.reasoning) AS reasoning, SUM(u.web_searches) AS web_searches, SUM(\(query.cost)) AS cost_nano,
                SUM(CASE WHEN u.state = 'estimated' THEN 1 ELSE 0 END) AS estimated,
                SUM(CASE WHEN u.state = 'unsettled' THEN 1 ELSE 0 END) AS unsettled
            FROM usage u WHERE u.at >= $1 AND u.at < $2 AND \(range.condition)
            GROUP BY 1 ORDER BY 10 DESC, 1
            """, [times.lowerBound, times.upperBound] + parameters)
    }

    private static func name(ofDay day: Int) -> String {
        Date(timeIntervalSince1970: Double(day) * 86_400).formatted(.iso8601.year().month().day())
    }
}

extension UsageLine {
    fileprivate init(_ row: Row) throws {
        name = try row.text("name")
        requests = try row.integer("requests")
        usage = TokenUsage(
            input: try row.integer("input"), cacheRead: try row.integer("cache_read"), cacheWrite: try row.integer("cache_write"),
            cacheWriteLong: try row.integer("cache_write_long"), output: try row.integer("output"),
            reasoning: try row.integer("reasoning"), webSearches: try row.integer("web_searches"))
        cost = try row.money("cost_nano")
        estimated = try row.integer("estimated")
        unsettled = try row.integer("unsettled")
    }

    fileprivate func named(_ name: String) -> UsageLine {
        var line = self
        line.name = name
        return line
    }

    fileprivate func adding(_ other: UsageLine) -> UsageLine {
        var line = self
        line.requests += other.requests
        line.usage.add(other.usage)
        line.cost = line.cost + other.cost
        line.estimated += other.estimated
        line.unsettled += other.unsettled
        return line
    }
}
