import AgentProtocol
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import SystemSupport

/// `docs/people.md` says who may do what; each of its cells is tried, the refusals beside what is allowed.
@Suite("Who may do what")
struct PeopleTableTests {
    /// Who a column is about, in the table's order.
    private static let columns = ["outside", "viewer", "member", "owner", "administrator outside"]

    /// A call. `{self}` in it is who makes it, `{done}` a session that is over, `{open}` one that waits for prompts.
    private struct Act {
        var method: HTTPMethod
        var path: String
        var body: JSONValue?
        /// What else who may is answered, where the thing can be done once or there is nothing to do.
        var also: Set<Int> = []
        /// Whether each who may gets a session of their own that is over.
        var consumesSession = false

        init(
            _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, also: Set<Int> = [], consumesSession: Bool = false
        ) {
            self.method = method
            self.path = "/api/v1/" + path
            self.body = body
            self.also = also
            self.consumesSession = consumesSession
        }
    }

    private static let project: JSONValue = ["scope": "project", "project": "project"]

    private static func with(_ more: [String: JSONValue]) -> JSONValue {
        guard case .object(let members) = project else { return project }
        return .object(members.merging(more) { $1 })
    }

    private static let acts: [String: Act] = [
        "see the project": Act(.GET, "projects/project"),
        "see which keys apply in it, and why": Act(.GET, "projects/project/resolution"),
        "see who belongs to it": Act(.GET, "projects/project/members"),
        "see its settings": Act(.GET, "settings?project=project"),
        "see what it used": Act(.GET, "usage?project=project"),
        "see its prices": Act(.GET, "prices?project=project"),
        "list its sessions": Act(.GET, "sessions?project=project"),
        "see a session": Act(.GET, "sessions/{done}"),
        "read a session's log": Act(.GET, "sessions/{done}/events"),
        "follow a session": Act(.GET, "sessions/{done}/events/stream"),
        "read a session's prompts": Act(.GET, "sessions/{done}/prompts"),
        "see what a session changed": Act(.GET, "sessions/{done}/diff"),
        "start a session": Act(.POST, "sessions", ["project": "project", "agent": "shell", "prompt": "true", "ending": "whenIdle"]),
        "write to a session": Act(.POST, "sessions/{open}/prompts", ["text": "true"]),
        "answer what an agent asks": Act(.POST, "sessions/{open}/questions/none", ["option": "y"], also: [404, 409]),
        "stop a turn": Act(.POST, "sessions/{open}/turn/cancel", also: [409]),
        "finish a session": Act(.POST, "sessions/{open}/finish", also: [409]),
        "cancel a session": Act(.POST, "sessions/{open}/cancel", also: [409]),
        "resume an ended session": Act(.POST, "sessions/{done}/resume", ["prompt": "true", "ending": "whenIdle"]),
        "bring work out of a kept workspace": Act(.POST, "sessions/{done}/salvage", also: [409]),
        "land a session's branch": Act(.POST, "sessions/{done}/land"),
        "remove a session": Act(.DELETE, "sessions/{done}", consumesSession: true),
        "make a gateway key for it": Act(.POST, "keys", ["name": "tools", "project": "project"]),
        "set its keys": Act(.PUT, "credentials/anthropic", with(["secret": "sk-ant-0123456789abcdef"])),
        "turn its keys off": Act(.POST, "credentials/anthropic/off", project),
        "change its settings": Act(.PUT, "settings/agents.handshakeSeconds", with(["value": "50"])),
        "set its budgets": Act(.PUT, "budgets/month", with(["limit": "50"])),
        "set its prices": Act(.PUT, "projects/project/prices", ["model": "house-model", "input": "1", "output": "2"]),
        "choose its sandbox": Act(.PATCH, "projects/project", ["sandbox": "bubblewrap"]),
        "let a user in": Act(.POST, "projects/project/members", ["user": "newcomer"]),
        "change a role": Act(.PATCH, "projects/project/members/max", ["role": "viewer"]),
        "take a user out": Act(.DELETE, "projects/project/members/max"),
        // A session of it goes on, so that it stays for the others.
        "remove it": Act(.DELETE, "projects/project", also: [409]),
        "leave it": Act(.DELETE, "projects/project/members/{self}"),
        "see that any project is there": Act(.GET, "projects?all=true"),
        "add a project": Act(.POST, "projects", ["repository": "{repository}", "name": "project-of-{self}"]),
        "add a user": Act(.POST, "users", ["name": "friend-of-{self}"]),
        "disable a user": Act(.POST, "users/newcomer/disable"),
        "read the audit trail": Act(.GET, "audit"),
        "change the platform's settings": Act(.PUT, "settings/agents.handshakeSeconds", ["scope": "platform", "value": "50"]),
        "change one's own settings": Act(.PUT, "settings/agents.handshakeSeconds", ["scope": "user", "value": "50"]),
    ]

    /// The table: what, and what each column says of it.
    private static func table() throws -> [(what: String, cells: [String])] {
        let root = SamFixture.repositoryRoot
        let text = try String(contentsOf: root.appending(path: "docs/people.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        try #require(rows.first.map { Array($0.dropFirst()) } == columns)
        return rows.dropFirst(2).map { ($0[0], Array($0.dropFirst())) }
    }

    @Test("Each cell of the table in docs/people.md is as it says")
    func cells() async throws {
        let table = try Self.table()
        #expect(Set(table.map(\.what)) == Set(Self.acts.keys), "The table and the test are about the same")
        try await SamFixture.with { sam in
            try await sam.serve()
            let repository = try await sam.project()
            let people = ["robin", "lee", "kim", "mia", "ada"]
            var tokens: [String: String] = [:]
            for person in people { tokens[person] = try await sam.newUser(person, role: person == "ada" ? "administrator" : "member") }
            for name in ["max", "newcomer"] { _ = try await sam.newUser(name) }
            func restore() async throws {
                for (name, role) in [("lee", "viewer"), ("kim", "member"), ("mia", "owner"), ("max", "member")] {
                    try await sam.admit(name, as: role)
                }
            }
            try await restore()
            let done = try await finished(sam)
            var open = try await sam.startIdle(agent: "shell")

            for (what, cells) in table {
                let act = try #require(Self.acts[what])
                try #require(cells.count == people.count)
                // What an earlier row ended is no test of this one.
                if act.path.contains("{open}"), try await isOver(open, sam) { open = try await sam.startIdle(agent: "shell") }
                func call(_ person: String, _ token: String, done: String) async throws -> Reply {
                    func fill(_ text: String) -> String {
                        text.replacing("{self}", with: person).replacing("{done}", with: done).replacing("{open}", with: open)
                            .replacing("{repository}", with: repository)
                    }
                    let body = try act.body.map { try JSONLine.decode(JSONValue.self, from: fill(try JSONLine.text($0))) }
                    return try await sam.call(act.method, fill(act.path), as: token, body)
                }
                let settings = try await sam.rows(except: Self.moving)
                let unknown = try await call("robin", "", done: done)
                #expect(unknown.status == 401, "Nobody: \(what)")
                for (person, cell) in zip(people, cells) where cell != "yes" {
                    let reply = try await call(person, tokens[person] ?? "", done: done)
                    #expect(reply.status == (cell == "no" ? 403 : 404), "\(person): \(what): \(reply.text)")
                }
                #expect(try await sam.rows(except: Self.moving) == settings, "Who was refused changed something: \(what)")
                for (person, cell) in zip(people, cells) where cell == "yes" {
                    let session = act.consumesSession ? try await finished(sam) : done
                    // What the one before did is undone.
                    try await restore()
                    let reply = try await call(person, tokens[person] ?? "", done: session)
                    #expect((200..<300).contains(reply.status) || act.also.contains(reply.status), "\(person): \(what): \(reply.text)")
                }
                try await restore()
            }
        }
    }

    /// Tables that change while sessions go their way.
    private static let moving: Set<String> = ["sessions", "session_events", "runner_commands", "runners", "prompts", "audit", "leases"]

    private func finished(_ sam: SamFixture) async throws -> String {
        let reply = try await sam.call(
            .POST, "/api/v1/sessions", ["project": "project", "agent": "shell", "prompt": "echo hi > file", "ending": "whenIdle"])
        let id = try #require(reply["id"]?.string, "\(reply.text)")
        try await eventually("session \(id) is settled") { try await sam.call(.GET, "/api/v1/sessions/\(id)")["settled"] == .bool(true) }
        return id
    }

    private func isOver(_ session: String, _ sam: SamFixture) async throws -> Bool {
        let phase = try await sam.call(.GET, "/api/v1/sessions/\(session)")["phase"]?.string
        return phase != "ready" && phase != "working"
    }
}
