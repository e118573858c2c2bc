import Foundation
import Store
import Testing

@testable import ControlPlane
@testable import Metering

@Suite("The plans of the database")
struct StatementPlanTests {
    /// Runs a test's body on an empty database of this program's.
    private func withStore(_ body: (Store) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "plans-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let store = try Store.sqlite(at: path)
        try await store.migrate(Server.migrations, now: 0)
        try await body(store)
    }

    private func plan(_ statement: String, _ transaction: any Transaction) throws -> [String] {
        let numbers = statement.matches(of: /\$(\d+)/).compactMap { Int($0.output.1) }
        let nothing: [any SQLBindable] = Array(repeating: SQLValue.null, count: numbers.max() ?? 0)
        return try transaction.query("EXPLAIN QUERY PLAN " + statement, nothing).map { try $0.text("detail") }
    }

    /// What is wrong with the plans of all statements, without those that read everything on purpose.
    private func complaints(_ store: Store) async throws -> [String] {
        let statements = try SourceStatements.all().filter { statement in
            !PlanJudge.readingAll.contains(statement.text) && !PlanJudge.ofAll.contains { statement.file.hasPrefix($0) }
        }
        return try await store.read { transaction in
            try statements.compactMap { statement in
                let complaint = PlanJudge.complaint(statement.text, plan: try plan(statement.text, transaction))
                return complaint.map { "\(statement.file): \($0) in: \(statement.text)" }
            }.sorted()
        }
    }

    @Test("No statement of the program reads or sorts all of a table that grows")
    func noScan() async throws {
        try await withStore { store in
            let statements = try SourceStatements.all()
            #expect(statements.count > 180)
            let found = try await complaints(store)
            #expect(found == [])
        }
    }

    @Test("Every statement that runs is in the sources as a text, so that none is missed")
    func complete() throws {
        #expect(try SourceStatements.unreadable() == [])
    }

    @Test("It is decided of each table whether it grows, and what reads a whole one on purpose is there")
    func decided() async throws {
        try await withStore { store in
            let tables = try await store.read { transaction in
                try transaction.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").map {
                    try $0.text("name")
                }
            }
            #expect(Set(tables) == PlanJudge.growing.union(PlanJudge.small))
            #expect(PlanJudge.growing.isDisjoint(with: PlanJudge.small))
            let known = Set(try SourceStatements.all().map(\.text))
            #expect(PlanJudge.readingAll.filter { !known.contains($0) } == [], "These are no statements any more")
        }
    }

    @Test(
        "Without its index, a statement is complained of",
        arguments: [
            "audit_by_time", "audit_by_subject", "leases_by_project", "sessions_settled", "sessions_in_project",
            "api_tokens_by_user", "api_tokens_by_id", "notifications_by_user", "leases_by_user",
            "leases_by_session", "pins_lent", "held_by_time", "sessions_unsettled", "sessions_by_runner",
            "sessions_by_sync_token", "prompts_by_session", "prompt_images_by_session", "session_events_by_kind", "usage_by_time",
            "usage_by_kind",
        ])
    func needed(_ index: String) async throws {
        try await withStore { store in
            _ = try await store.write { try $0.execute("DROP INDEX \(index)") }
            let complaints = try await complaints(store)
            #expect(complaints != [])
        }
    }

    @Test(
        "Usage is found by what is asked for, and by time in it",
        arguments: [
            (UsageRange.session, ["usage_by_session (session_id=? AND at>? AND at<?)"]),
            (.project, ["usage_by_project (project_id=? AND at>? AND at<?)"]),
            (.own, ["usage_by_user (user_id=? AND at>? AND at<?)", "usage_by_project (project_id=? AND at>? AND at<?)"]),
            (.everyones, ["usage_by_time (at>? AND at<?)"]),
        ])
    func usage(_ range: UsageRange, _ indexes: [String]) async throws {
        try await withStore { store in
            let part = "FROM usage u WHERE u.at >= $1 AND u.at < $2 AND \(range.condition) GROUP"
            let statements = try SourceStatements.all().filter { $0.text.contains(part) }
            #expect(statements.count == UsageGrouping.allCases.count * UsageQuery.costs.count)
            for statement in statements {
                let lines = try await store.read { transaction in try plan(statement.text, transaction) }
                for index in indexes { #expect(lines.contains { $0.hasSuffix(index) }, "\(lines)") }
            }
        }
    }

    @Test("Rows that go with another are found by an index, wherever there may be many")
    func cascades() async throws {
        try await withStore { store in
            let scans = try await store.read { transaction in
                try PlanJudge.growing.sorted().flatMap { try columnsOfCascades($0, transaction) }
            }
            #expect(scans == [])
        }
    }

    /// The columns of a table by which all of it would be read when a row goes that others belong to.
    private func columnsOfCascades(_ table: String, _ transaction: any Transaction) throws -> [String] {
        let keys = try transaction.query("SELECT \"from\" AS name FROM pragma_foreign_key_list('\(table)') WHERE on_delete = 'CASCADE'")
        return try keys.map { try $0.text("name") }.filter { column in
            try plan("SELECT 1 FROM \(table) WHERE \(column) = $1", transaction).contains { $0.hasPrefix("SCAN") }
        }.map { "\(table) by \($0)" }
    }

    @Test(
        "What the judge lets pass and what it does not",
        arguments: [
            ("SELECT * FROM audit ORDER BY at DESC LIMIT $1", ["SCAN audit USING INDEX audit_by_time"], true),
            ("SELECT * FROM audit ORDER BY at DESC LIMIT $1", ["SCAN audit", "USE TEMP B-TREE FOR ORDER BY"], false),
            ("SELECT * FROM audit ORDER BY at", ["SCAN audit USING INDEX audit_by_time"], false),
            ("SELECT * FROM audit a WHERE a.actor = $1 ORDER BY a.at LIMIT $2", ["SCAN a USING INDEX audit_by_time"], false),
            ("SELECT * FROM users u ORDER BY u.name", ["SCAN u", "USE TEMP B-TREE FOR ORDER BY"], true),
            ("SELECT * FROM prompts WHERE session_id = $1 ORDER BY id", ["SEARCH prompts", "USE TEMP B-TREE FOR ORDER BY"], false),
            ("SELECT 1 FROM sessions WHERE settled = 0", ["SCAN sessions USING COVERING INDEX sessions_unsettled"], true),
            ("SELECT 1 FROM users u JOIN pins p ON p.x = u.id", ["SCAN u", "SEARCH p USING AUTOMATIC COVERING INDEX (x=?)"], false),
        ] as [(String, [String], Bool)])
    func judge(_ statement: String, _ plan: [String], _ passes: Bool) {
        #expect((PlanJudge.complaint(statement, plan: plan) == nil) == passes)
    }
}
