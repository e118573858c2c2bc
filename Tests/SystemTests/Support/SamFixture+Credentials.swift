import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Store
import Testing

extension SamFixture {
    /// A sign-in file as Codex writes it.
    static func authFile(_ token: String, account: String = "acct_1") -> String {
        """
        {
          "auth_mode": "chatgpt", "OPENAI_API_KEY": null,
          "tokens": {"access_token": "\(token)", "refresh_token": "rt_\(token)", "account_id": "\(account)"},
          "last_refresh": "2026-01-01T00:00:00Z"
        }

        """
    }

    /// Stores a secret with the command line, from standard input.
    @discardableResult
    func setCredential(_ provider: String, _ secret: String, _ options: String..., environment: [String: String] = [:]) async throws
        -> Output
    {
        let output = try await sam(["credentials", "set", provider] + options, input: secret, environment: environment)
        #expect(output.termination == .exited(0), "\(output.standardError)")
        return output
    }

    /// Stores a key of one's own that expires, and waits until it has: one that is expired is not taken.
    func setExpired(_ provider: String, _ secret: String) async throws {
        let end = Int64(Date().timeIntervalSince1970 * 1_000) + 500
        let reply = try await call(
            .PUT, "/api/v1/credentials/\(provider)", ["scope": "user", "secret": .string(secret), "expiresAt": .integer(Int(end))])
        #expect(reply.status == 200, "\(reply.text)")
        try await eventually("the key of \(provider) has expired") {
            try await call(.GET, "/api/v1/resolution?provider=\(provider)")["explanations"]?.elements?.first?["outcome"] == "failed"
        }
    }

    /// A project whose agents may have sign-ins as files.
    func projectWithSignInFiles() async throws {
        try await project()
        let output = try await sam("settings", "set", "credentials.signInFiles", "true", "--project", "project")
        #expect(output.termination == .exited(0), "\(output.standardError)")
    }

    /// Starts a session that waits for prompts, and waits until it does.
    func startIdle(agent: String, as token: String? = nil) async throws -> String {
        let reply = try await call(.POST, "/api/v1/sessions", as: token, ["project": "project", "agent": .string(agent)])
        let id = try #require(reply["id"]?.string, "\(reply.text)")
        try await eventually("session \(id) is ready") {
            try await call(.GET, "/api/v1/sessions/\(id)", as: token)["phase"]?.string == "ready"
        }
        return id
    }

    /// The token of a session's runner, as only its configuration holds it.
    func runnerToken(of session: String) throws -> String {
        let file = "\(home)/sessions/\(session)/attempt-1/runner.json"
        let start: RunnerStart = try JSONLine.decode(from: try #require(FileManager.default.contents(atPath: file)))
        return start.configuration.token
    }

    /// Gives a rotated token back as a session's runner does.
    func sync(_ secret: String, from session: String, as token: String? = nil, agent: String = "codex-like") async throws -> Reply {
        try await call(
            .POST, "/api/v1/sessions/\(session)/credential-sync", as: try token ?? runnerToken(of: session),
            ["agentType": .string(agent), "credentialKind": "oauth", "credential": .string(secret)])
    }

    /// What stands at the layers that a user may change, as `credentials list` tells.
    func credentials(as token: String? = nil) async throws -> [JSONValue] {
        guard case .array(let all)? = try await call(.GET, "/api/v1/credentials", as: token)["credentials"] else { return [] }
        return all
    }

    /// Every row of every table but these, as text. Without the moment that a server writes down for itself while sessions run.
    func rows(except: Set<String> = []) async throws -> [String: [String]] {
        let store = try Store.sqlite(at: home + "/sam.db")
        // A server writes its beats whatever happens.
        let except = except.union(["last_tick", "holders"])
        return try await store.read { transaction in
            let tables = try transaction.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .map { try $0.text("name") }
            return try Dictionary(
                uniqueKeysWithValues: tables.filter { !except.contains($0) }.map { table in
                    let columns = try transaction.query("SELECT name FROM pragma_table_info($1)", table).map { try $0.text("name") }
                    let rows = try transaction.query("SELECT * FROM \(table)").map { row in
                        try columns.map { "\($0)=\(try row.value($0))" }.joined(separator: " ")
                    }
                    return (table, rows.sorted())
                })
        }
    }

    /// A shell script with which an agent rotates its sign-in the way Codex does: it empties the file and writes it
    /// anew, so that for a moment there is half of it.
    static func rotation(from old: String, to new: String) -> String {
        """
        f="$HOME/.codex/auth.json"; new=$(sed 's/\(old)/\(new)/g' "$f"); head=$(printf %s "$new" | head -c 100)
        printf %s "$head" > "$f"; sleep 0.5; printf '%s\\n' "${new#"$head"}" >> "$f"; echo rotated
        """
    }
}
