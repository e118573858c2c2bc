import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

/// Agents as people install them, from wheels that `make agents` puts outside of the tree.
enum RealAgent {
    /// The program of Claude Code.
    static func claudeCode() throws -> String { try program("claude_agent_sdk/_bundled/claude") }

    /// The program of Codex.
    static func codex() throws -> String { try program("codex_cli_bin/bin/codex") }

    /// A program of a Python package's, by its name: `python` is the interpreter.
    static func script(_ name: String) throws -> String {
        let path = "\(folder)/bin/\(name)"
        let found = FileManager.default.isExecutableFile(atPath: path) ? path : nil
        return try #require(found, "\(name) is not in \(folder). Install it with: make agents")
    }

    private static var folder: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["SAM_TEST_AGENTS"] ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/sam/agents"
    }

    /// - Throws: when it is not there, with what installs it.
    private static func program(_ path: String) throws -> String {
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
    func start(
        _ agent: String, _ prompt: String, provider: String? = "rehearsal", permissions: String? = nil
    ) async throws -> String {
        var fields: [String: JSONValue] = [
            "project": "project", "agent": .string(agent), "ending": "onRequest", "prompt": .string(prompt),
        ]
        fields["provider"] = provider.map(JSONValue.string)
        fields["permissions"] = permissions.map(JSONValue.string)
        let reply = try await call(.POST, "/api/v1/sessions", .object(fields))
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

    /// What a session asks, once it asks something.
    func question(of id: String) async throws -> JSONValue {
        var question: JSONValue?
        do {
            try await eventually("\(id) asks something") {
                let session = try await call(.GET, "/api/v1/sessions/\(id)")
                try #require(session["settled"] != true, "\(session.text)")
                question = session["questions"]?.elements?.first
                return question != nil
            }
        } catch {
            let log = try await call(.GET, "/api/v1/sessions/\(id)/events?limit=1000")["events"]?.elements ?? []
            Issue.record("\(log.suffix(8).map { "\($0)" }.joined(separator: "\n"))")
            throw error
        }
        return try #require(question)
    }

    /// Has a session's agent begin something long, as its script says that it does, and stops it once it is in the middle of it.
    func stopInTheMiddle(of id: String) async throws {
        try await act("sessions", "prompt", id, "Now wait")
        _ = try await question(of: id)
        try await act("sessions", "answer", id, "allow")
        try await eventually("it waits") { FileManager.default.fileExists(atPath: workspace(of: id) + "/begun") }
        try await act("sessions", "cancel", id, "--turn")
    }

    /// Where a session's workspace is on the host.
    func workspace(of id: String) -> String { "\(home)/sessions/\(id)/workspace" }

    /// Runs a command that has to succeed.
    func act(_ arguments: String...) async throws {
        let output = try await sam(arguments)
        try #require(output.termination == .exited(0), "sam \(arguments): \(output.standardError)")
    }

    /// The networks of the processes with a word among their arguments, each by its devices, without that of this machine, in which
    /// bubblewrap's outer process stands.
    static func networks(of word: String) -> Set<[String]> {
        func devices(_ process: String) -> [String] {
            let table = FileManager.default.contents(atPath: "/proc/\(process)/net/dev") ?? Data()
            return String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst(2)
                .compactMap { $0.split(separator: ":").first?.trimmingCharacters(in: .whitespaces) }
        }
        return Set(processes(with: word).map { devices("\($0)") }).subtracting([devices("self"), []])
    }
}

extension FinishedSession {
    /// Something that should be in the log is not.
    struct Missing: Error {}

    /// Ready is what answered, not what was started: no sign of it stands in the log before the agent's answer to the handshake.
    func expectReadyByEvidence() throws {
        let handshake = try #require(events.firstIndex { $0["kind"] == "handshake" })
        let ready = try #require(events.firstIndex { $0["kind"] == "state" && $0["payload"]?["phase"] == "ready" })
        let turn = try #require(events.firstIndex { $0["kind"] == "turnStarted" })
        #expect(ready > handshake && turn > handshake)
    }
}
