import AgentProtocol
import Foundation
import NIOHTTP1
import Testing

/// Agents as people install them, from wheels that `make agents` puts outside of the tree.
enum RealAgent {
    /// The program of Claude Code.
    static func claudeCode() throws -> String { try program("claude_agent_sdk/_bundled/claude") }

    /// The program of Codex.
    static func codex() throws -> String { try program("codex_cli_bin/bin/codex") }

    /// - Throws: when it is not there, with what installs it.
    private static func program(_ path: String) throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let folder = environment["SAM_TEST_AGENTS"] ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/sam/agents"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/lib")) ?? []
        let program = versions.map { "\(folder)/lib/\($0)/site-packages/\(path)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        return try #require(program, "\(path) is not in \(folder). Install it with: make agents")
    }
}

extension SamFixture {
    /// Puts a program into the PATH of the server, under the name by which the catalogue knows it.
    func install(_ program: String, as name: String) throws {
        try FileManager.default.createDirectory(atPath: scratch + "/bin", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(scratch)/bin/\(name)", withDestinationPath: program)
    }

    /// Starts a session of an agent's that goes on until it is asked to end.
    func start(_ agent: String, _ prompt: String, provider: String = "rehearsal") async throws -> String {
        let reply = try await call(
            .POST, "/api/v1/sessions",
            [
                "project": "project", "agent": .string(agent), "provider": .string(provider), "ending": "onRequest",
                "prompt": .string(prompt),
            ])
        return try #require(reply["id"]?.string, "\(reply.text)")
    }

    /// Waits until so many turns of a session have ended.
    func waitForTurns(_ count: Int, of id: String) async throws {
        try await eventually("\(count) turns of \(id) have ended") {
            let session = try await call(.GET, "/api/v1/sessions/\(id)")
            try #require(session["settled"] != true, "\(session.text)")
            let log = try await call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
            return log.count { $0["kind"] == "turnEnded" } == count
        }
    }
}
