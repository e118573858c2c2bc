import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Store
import Testing

@testable import SystemSupport

@Suite("Lists in parts")
struct ListPartTests {
    /// Every list of the API, with the name that it stands under.
    private static let lists = [
        ("projects", "projects"), ("sessions", "sessions"), ("users", "users"), ("tokens", "tokens"), ("keys", "keys"), ("audit", "audit"),
        ("notifications", "notifications"), ("usage", "usage"), ("agents", "agents"), ("providers", "providers"), ("settings", "settings"),
        ("budgets", "budgets"), ("prices", "prices"), ("credentials", "credentials"), ("resolution", "explanations"),
        ("projects/p1/members", "members"),
        ("projects/p1/resolution", "explanations"),
    ]

    @Test("Each is an object with its name, comes in pages that together are the list, and refuses an invalid limit or cursor")
    func parts() async throws {
        try await SamFixture.with { sam in
            for number in 1...3 {
                try await sam.project("p\(number)")
                _ = try await sam.user("u\(number)")
                _ = try await sam.sam("projects", "members", "add", "p1", "u\(number)")
                _ = try await sam.sam("keys", "create", "--name", "k\(number)")
                _ = try await sam.sam("tokens", "create", "t\(number)")
                _ = try await sam.sam("budget", "set", "5", "--project", "p\(number)")
                try await sam.setCredential("anthropic", "sk-ant-test-0123456789abcdef", "--project", "p\(number)")
                _ = try await sam.run(project: "p1", agent: "shell", "true")
            }
            for (path, name) in Self.lists {
                let whole = try await sam.call(.GET, "/api/v1/\(path)?limit=1000")
                let all = try #require(whole[name]?.elements, "\(path): \(whole.text)")
                #expect(whole["next"] == nil)
                // The trail goes on with what asks for it.
                for limit in path == "audit" ? [2] : [1, 2] {
                    var read: [JSONValue] = []
                    var cursor: String?
                    repeat {
                        let part = try await sam.call(.GET, "/api/v1/\(path)?limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? ""))
                        let items = try #require(part[name]?.elements, "\(path): \(part.text)")
                        #expect(items.count <= limit)
                        read += items
                        cursor = part["next"]?.string
                    } while cursor != nil && read.count <= all.count
                    #expect(read.count == all.count, "\(path)")
                    if !["usage", "agents"].contains(path) { #expect(read == all, "\(path)") }
                }
                for query in [
                    "limit=0", "limit=-1", "limit=1001", "limit=x", "limit=", "cursor=x", "cursor=", "limit=1&cursor=%00",
                    "limit=9223372036854775808",
                ] {
                    let refused = try await sam.call(.GET, "/api/v1/\(path)?\(query)")
                    #expect(refused.status == 400, "\(path)?\(query): \(refused.text)")
                    #expect(
                        refused.text.contains(
                            query.hasPrefix("cursor") || query.contains("cursor")
                                ? "cursor is the" : "limit is a whole number from 1 to 1000")
                    )
                }
            }
            let session = try #require(try await sam.json("sessions", "list")["sessions"]?.elements?.first?["id"]?.string)
            for (path, name) in [("events", "events"), ("prompts", "prompts"), ("changes", "files")] {
                let whole = try await sam.call(.GET, "/api/v1/sessions/\(session)/\(path)?limit=1000")
                guard let all = whole[name]?.elements else { continue }
                var read: [JSONValue] = []
                var cursor: String?
                repeat {
                    let part = try await sam.call(
                        .GET, "/api/v1/sessions/\(session)/\(path)?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
                    read += part[name]?.elements ?? []
                    cursor = part["next"]?.string
                } while cursor != nil
                #expect(read == all, "\(path)")
                #expect(try await sam.call(.GET, "/api/v1/sessions/\(session)/\(path)?limit=no").status == 400)
            }
        }
    }

    @Test(
        "Of 205 sessions the command line shows so many as it is asked for, says that there are more, and one that runs is never behind them"
    )
    func commandLine() async throws {
        try await SamFixture.with { sam in
            try await sam.project("site")
            _ = try await sam.run(project: "site", agent: "shell", "true")
            let live = try await sam.shell(project: "site")
            let token = try await sam.user("kim")
            _ = try await sam.sam("projects", "members", "add", "site", "kim")
            // 204 more of the first, each newer than the one that runs.
            try await Store.sqlite(at: sam.home + "/sam.db").write { transaction in
                for number in 0..<204 {
                    try transaction.execute(
                        """
                        INSERT INTO sessions (id, project_id, user_id, agent, title, branch, sandbox, phase, settled, state, runner_acknowledged,
                            last_seq, created_at, updated_at, permissions)
                        SELECT 's_' || substr('00000000000' || $1, -12), project_id, user_id, agent, title, branch, sandbox, phase, settled, state,
                            runner_acknowledged, last_seq, created_at + 1000000 + $2, updated_at, permissions
                        FROM sessions WHERE settled = 1 AND id NOT LIKE 's_0000%' LIMIT 1
                        """, "\(number)", number)
                }
            }
            func list(_ options: String...) async throws -> (ids: [String], output: Output) { try await list(options) }
            func list(_ options: [String]) async throws -> (ids: [String], output: Output) {
                let output = try await sam.sam(["sessions", "list"] + options)
                return (
                    output.text.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) }, output
                )
            }
            for (options, count) in [
                ([], 200), (["--limit", "10"], 10), (["--limit", "all"], 206), (["--limit", "206"], 206), (["--limit", "5000"], 206),
            ] {
                let (ids, output) = try await list(options)
                #expect(ids.count == count && Set(ids).count == count, "\(options)")
                #expect(ids.first == live, "\(options)")
                #expect(output.standardError.contains("There are more than these \(count).") == (count < 206), "\(output.standardError)")
            }
            #expect(try await list("--status", "live").ids == [live])
            #expect(try await list("--status", "over", "--limit", "all").ids.count == 205)
            #expect(try await list("--mine", "--limit", "all").ids.count == 206)
            let wrong = try await list("--status", "workin")
            #expect(wrong.output.termination == .exited(1) && wrong.output.standardError.contains("Did you mean “working”?"))
            let json = try await sam.json("sessions", "list", "--limit", "3")
            #expect(json["sessions"]?.elements?.count == 3 && json["next"]?.string != nil)
            let hers = try await sam.call(.GET, "/api/v1/sessions?mine=true", as: token)
            #expect(hers["sessions"] == [])
        }
    }
}
