import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

/// Speaks to the server in the place of a session's runner, so that a test says what its agent does, in the one vocabulary.
///
/// The runner itself is stopped in the middle of its agent's turn and lives: nothing but its word is missing.
struct StandInRunner {
    let sam: SamFixture
    let session: String
    let prompt: PromptID
    private let token: String
    private let beating: Task<Void, Never>

    /// Starts a session of an agent that works without end, and takes its runner's place.
    static func with<Result>(
        _ sam: SamFixture, prompt text: String = "sleep 1000", ending: String = "onRequest", _ body: (StandInRunner) async throws -> Result
    ) async throws -> Result {
        let reply = try await sam.call(
            .POST, "/api/v1/sessions",
            ["project": "project", "agent": "shell", "ending": .string(ending), "prompt": .string(text), "permissions": "everything"])
        let id = try #require(reply["id"]?.string, "\(reply.text)")
        try await eventually("it works") { try await sam.call(.GET, "/api/v1/sessions/\(id)")["phase"] == "working" }
        let prompts = try await sam.call(.GET, "/api/v1/sessions/\(id)/prompts")["prompts"]?.elements
        let folder = "\(sam.home)/sessions/\(id)/attempt-1"
        let runner = try #require(FileLock.holder(path: RunnerPlace.lockPath(in: folder)))
        let content = try #require(FileManager.default.contents(atPath: RunnerPlace.startPath(in: folder)))
        let token = try JSONLine.decode(RunnerStart.self, from: content).token
        kill(runner, SIGSTOP)
        let beating = Task {
            while !Task.isCancelled {
                _ = try? await sam.call(.POST, "/runner/v1/heartbeat", as: token, bytes: Data())
                try? await Task.sleep(for: .seconds(1))
            }
        }
        defer { beating.cancel() }
        return try await body(
            StandInRunner(
                sam: sam, session: id, prompt: PromptID(rawValue: try #require(prompts?.first?["id"]?.string)), token: token,
                beating: beating))
    }

    /// Tells events, after those that the runner has told.
    func tell(_ events: AgentEvent...) async throws {
        let known = try await send([])
        let numbered = events.enumerated().map { NumberedEvent(n: known + $0 + 1, at: 1_000, event: $1) }
        try #require(try await send(numbered) == known + events.count)
    }

    private func send(_ events: [NumberedEvent]) async throws -> Int {
        let reply = try await sam.call(.POST, "/runner/v1/events", as: token, bytes: try JSONLine.encode(EventBatch(events: events)))
        return try JSONLine.decode(EventReceipt.self, from: reply.body).acknowledged
    }

    /// What the runner was asked for beside prompts, in order.
    func commands() async throws -> [AgentCommand] {
        try await sam.stored("SELECT command FROM runner_commands WHERE session_id = '\(session)' ORDER BY n")
            .map { try JSONLine.decode(AgentCommand.self, from: $0) }
            .filter { if case .prompt = $0 { false } else { true } }
    }

    /// The session as the API shows it.
    func view() async throws -> Reply { try await sam.call(.GET, "/api/v1/sessions/\(session)") }

    /// Ends the agent, and with it the session.
    func end() async throws -> FinishedSession {
        try await tell(.agentExited(AgentExit(.finished, "It ended.")))
        return FinishedSession(session: try await sam.finish(session), events: try await sam.events(session))
    }
}

extension SamFixture {
    /// The first column of what a question finds in the server's database.
    func stored(_ question: String) async throws -> [String] {
        let script = """
            import json, sqlite3, sys
            print(json.dumps([str(row[0]) for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])]))
            """
        let output = try await Command(
            try #require(Program.find("python3")), ["-c", script, home + "/sam.db", question], environment: [:], workingDirectory: "/"
        ).run()
        try #require(output.termination == .exited(0), "\(output.standardError)")
        return try JSONLine.decode([String].self, from: output.text)
    }

    /// Runs `sam` on a terminal and types lines, each once its words stand there.
    ///
    /// - Returns: what was shown.
    func onTerminal(_ lines: [(after: String, line: String)], _ arguments: [String]) async throws -> String {
        let typing = lines.map { after, line in
            "until grep -qF '\(after)' shown 2>/dev/null; do sleep 0.05; done; echo '\(line)' >&3; "
        }.joined()
        let command = ([SamFixture.programs + "/sam"] + arguments).map { "'\($0)'" }.joined(separator: " ")
        // `script` lends a terminal.
        let script = """
            rm -f keys shown; mkfifo keys; script -qefc "\(command)" shown < keys > /dev/null & exec 3> keys
            \(typing) wait $!; exec 3>&-
            """
        let output = try await Command(
            "/bin/sh", ["-c", script],
            environment: ["SAM_HOME": home, "HOME": scratch, "PATH": "/usr/bin:/bin", "TERM": "dumb"], workingDirectory: scratch
        ).run(timeout: .seconds(120))
        let shown = try String(contentsOfFile: scratch + "/shown", encoding: .utf8)
        #expect(output.termination == .exited(0), "\(output.standardError)\n\(shown)")
        return shown
    }
}
