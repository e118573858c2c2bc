@testable import Sessions

/// Tells whether a plan of the database's reads more the longer a server has been used.
enum PlanJudge {
    /// Tables that grow with use: what happened, and what was made once for each time that it happened.
    static let growing: Set = [
        "sessions", "session_events", "session_event_blobs", "prompts", "prompt_images", "runner_commands", "runners", "usage", "spending",
        "audit",
        "leases", "api_tokens", "notifications", "pins", "held", "fetched_responses",
        "renewals",
    ]

    /// Tables that have as many rows as people set up by hand, or as requests are under way.
    static let small: Set = [
        "users", "projects", "members", "settings", "credentials", "bindings", "refreshes", "master_keys", "provider_endpoints", "budgets",
        "reservations", "holders", "setting_history", "last_tick", "migrations", "access_changes", "seal_forms", "setting_notices",
        "project_prices", "background_responses",
    ]

    /// Indexes that hold only what is not over.
    static let ofWhatGoesOn: Set = ["sessions_unsettled"]

    /// Statements that read all of a growing table, because that is what they are for.
    static let readingAll = [
        // `sam doctor` looks for rows that can't be read.
        "SELECT * FROM api_tokens", "SELECT * FROM notifications", "SELECT * FROM leases WHERE key_id IS NOT NULL",
        "SELECT \(Session.columns) FROM sessions s JOIN projects p ON p.id = s.project_id",
        // At the start, and when master keys are rotated: which of them are in use.
        "SELECT key_id FROM credentials UNION SELECT key_id FROM held",
        // Once, in a migration.
        "UPDATE api_tokens SET id = 'k_' || substr(hash, 1, 12)",
        """
        INSERT INTO renewals (credential_id, version, at) \
        SELECT a.subject, CAST(REPLACE(REPLACE(a.detail, 'version ', ''), ', stored late', '') AS BIGINT), MAX(a.at) \
        FROM audit a JOIN credentials c ON c.id = a.subject \
        WHERE a.action = 'refresh.renewed' AND a.detail LIKE 'version %' GROUP BY 1, 2
        """,
    ]

    /// Files whose statements read everything on purpose: a backup, what a restore does once, and what the first start of a version does.
    static let ofAll = [
        "ControlPlane/Backup/", "Sessions/Records/SessionRestoration", "Credentials/Pins/RestoredLoans", "Credentials/Seals/SealRenewal",
        "Sessions/Log/ResultPaths",
    ]

    /// What is wrong with a plan; `nil` for nothing.
    static func complaint(_ statement: String, plan: [String]) -> String? {
        let tables = tables(of: statement)
        let grows = tables.values.contains(where: growing.contains)
        let sorts = plan.contains { $0.contains("TEMP B-TREE FOR") && $0.contains("ORDER BY") }
        let hasLimit = statement.firstMatch(of: /\bLIMIT (?:\$?\d+)$/) != nil
        for line in plan {
            if let scan = line.firstMatch(of: /^SCAN (?<name>\w+)(?: USING (?:COVERING )?INDEX (?<index>\w+))?/) {
                let name = String(scan.output.name)
                guard growing.contains(tables[name] ?? name) else { continue }
                if let index = scan.output.index, ofWhatGoesOn.contains(String(index)) { continue }
                // The first rows in the order of an index.
                if scan.output.index != nil, hasLimit, !sorts, !statement.contains(" WHERE ") { continue }
                return "reads all rows: \(line)"
            }
            if line.contains("USING AUTOMATIC"), grows { return "makes an index each time: \(line)" }
        }
        // Groups are as many as there are names for them.
        if grows, sorts, !hasLimit, !plan.contains(where: { $0.contains("FOR GROUP BY") }) { return "sorts without a limit" }
        if statement.contains(SessionEvent.isIndexed), !plan.contains(where: { $0.contains("session_events_by_kind") }) {
            return "reads events of every kind"
        }
        return nil
    }

    /// The tables of a statement by the names that a plan has for them.
    private static func tables(of statement: String) -> [String: String] {
        let words: Set = ["WHERE", "ON", "SET", "ORDER", "GROUP", "JOIN", "LEFT", "LIMIT", "UNION", "VALUES", "SELECT"]
        var tables: [String: String] = [:]
        for match in statement.matches(of: /\b(?:FROM|JOIN|UPDATE|INTO) (?<table>\w+)(?: (?<alias>\w+))?/) {
            let table = String(match.output.table)
            tables[table] = table
            if let alias = match.output.alias, !words.contains(String(alias)) { tables[String(alias)] = table }
        }
        return tables
    }
}
