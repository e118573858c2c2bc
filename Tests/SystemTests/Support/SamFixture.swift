import AgentProtocol
import Foundation
import Processes
import TestSupport
import Testing

/// The built programs with a home of their own, from outside: what a person types and what a client reads.
///
/// Everything that a test started is ended and removed when its closure returns.
struct SamFixture: Sendable {
    /// A folder for the test's own files.
    let scratch: String
    /// SAM's home.
    var home: String { scratch + "/home" }

    /// The folder with the built programs: where the tests themselves stand.
    static let programs: String = {
        // The bundle's path is …/debug/samPackageTests.xctest.
        var folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.pathComponents.count > 1,
            !FileManager.default.isExecutableFile(atPath: folder.appending(path: "sam-runner").path(percentEncoded: false))
        {
            folder.deleteLastPathComponent()
        }
        return folder.path(percentEncoded: false).hasSuffix("/")
            ? String(folder.path(percentEncoded: false).dropLast()) : folder.path(percentEncoded: false)
    }()

    /// The folder of Package.swift.
    static let repositoryRoot = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL

    /// Runs a test's body with a fixture.
    static func with<Result>(_ body: (SamFixture) async throws -> Result) async throws -> Result {
        let scratch = "/tmp/sam-test-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: scratch + "/home", withIntermediateDirectories: true)
        let fixture = SamFixture(scratch: scratch)
        try fixture.write(Self.agents, to: "home/agents.yaml")
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(fixture))
        } catch {
            outcome = .failure(error)
        }
        await fixture.tearDown()
        return try outcome.get()
    }

    /// One agent for each of the scripted agent's ways, under its name.
    private static let agents = """
        agents:
        \([
            "shell", "silent", "flood", "flood-noise", "half", "no-key", "stranger", "stubborn", "forking", "long-line", "chatty", "asking", "asking-flood", "asking-gone",
            "dying", "escapes", "hostile", "parrot", "remembers", "sees",
        ].map {
            "  - {id: \($0), protocol: acp, command: [scripted-agent, \($0)]}"
        }.joined(separator: "\n"))
          - {id: codex-like, protocol: acp, command: [scripted-agent, shell], providers: [openai-chatgpt],
             sign-in: {provider: openai-chatgpt, file: .codex/auth.json}}
          - {id: keyed, protocol: acp, command: [scripted-agent, shell], providers: [anthropic, openai]}
          - {id: rehearsing, protocol: acp, command: [scripted-agent, shell], providers: [rehearsal]}
          - {id: slow, protocol: acp, command: [scripted-agent, slow, "400"]}
          - {id: other-version, protocol: acp, command: [scripted-agent, version, "9"]}
          - {id: not-installed, protocol: acp, command: [no-such-program], install: "Get it from nowhere."}
        """

    // MARK: - The command line

    /// What a test installed stands first.
    private var path: String { "\(scratch)/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") }

    /// Runs `sam` with arguments and returns how it ended and what it printed.
    func sam(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> Output {
        try await sam(arguments, input: input, environment: environment)
    }

    func sam(_ arguments: [String], input: String = "", environment: [String: String] = [:]) async throws -> Output {
        var all = [
            "SAM_HOME": home, "HOME": scratch, "PATH": path,
        ]
        for (name, value) in environment { all[name] = value }
        var output = try await Command(
            Self.programs + "/sam", arguments, environment: all, workingDirectory: scratch
        ).run(input: [UInt8](input.utf8), timeout: .seconds(300))
        // They depend on how busy the machine is. SilenceTests starts its commands otherwise, and looks at them.
        output.standardError = output.standardError.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !["Starting SAM's server …", "Waiting for SAM's server to answer …"].contains($0) }.joined(separator: "\n")
        return output
    }

    /// Runs `sam … --json` and reads what it prints.
    func json(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
        let output = try await sam(arguments + ["--json"])
        #expect(output.termination == .exited(0), "\(arguments): \(output.standardError)", sourceLocation: sourceLocation)
        let last = output.text.split(separator: "\n").last.map(String.init) ?? ""
        return try JSONLine.decode(JSONValue.self, from: last)
    }

    /// Starts a session and returns its id at once.
    func start(project: String, agent: String, _ prompt: String) async throws -> String {
        let session = try await json("run", "--project", project, "--agent", agent, "--detach", prompt)
        return try #require(session["id"]?.string)
    }

    /// Runs a session to its end, following it, and returns it as `sessions show --json` does.
    @discardableResult
    func finish(_ session: String) async throws -> JSONValue {
        _ = try await sam("sessions", "watch", session)
        return try await json("sessions", "show", session)
    }

    /// Starts a session and follows it to its end.
    func run(project: String, agent: String, _ prompt: String) async throws -> FinishedSession {
        let id = try await start(project: project, agent: agent, prompt)
        return FinishedSession(session: try await finish(id), events: try await events(id))
    }

    /// A session's whole log.
    func events(_ session: String) async throws -> [JSONValue] {
        try await sam("sessions", "watch", session, "--json").text.split(separator: "\n").map {
            try JSONLine.decode(JSONValue.self, from: String($0))
        }
    }

    // MARK: - The server

    /// Starts a server and waits until it can serve.
    ///
    /// - Returns: its process, which is not this one's child: it can be killed and leaves no zombie.
    @discardableResult
    func serve(_ options: String..., descriptors: Int? = nil) async throws -> pid_t {
        try await start([Self.programs + "/sam", "serve", "--port", "0"] + options, descriptors: descriptors)
    }

    /// Starts a program that is a server on this home, and waits until it can serve.
    ///
    /// - Returns: its process.
    func start(_ serve: [String], descriptors: Int? = nil) async throws -> pid_t {
        // What an earlier server that was killed left.
        try? FileManager.default.removeItem(atPath: home + "/server.json")
        let limited = descriptors.map { ["/bin/sh", "-c", "ulimit -n \($0) && exec \"$@\"", "sh"] } ?? []
        let line = limited + serve
        let pid = try Command(
            line[0], Array(line.dropFirst()),
            environment: ["SAM_HOME": home, "HOME": scratch, "PATH": path],
            workingDirectory: scratch
        ).detach(log: scratch + "/server.log")
        try await eventually("the server serves") {
            FileLock.holder(path: home + "/server.lock") == pid
                && FileManager.default.fileExists(atPath: home + "/server.json")
        }
        return pid
    }

    /// Ends a process the hard way, and waits until it is gone.
    func killHard(_ pid: pid_t) async throws {
        kill(pid, SIGKILL)
        try await eventually("process \(pid) is gone") { kill(pid, 0) != 0 }
    }

    /// The processes of this machine in whose command line a text stands.
    static func processes(with text: String) -> [pid_t] {
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return numbers.filter { pid in
            guard pid != getpid(), let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            return String(decoding: line, as: UTF8.self).contains(text)
        }
    }

    // MARK: - Repositories

    /// Makes a repository with one commit of these files and adds it as a project of this name.
    @discardableResult
    func project(_ name: String = "project", files: [String: String] = ["README.md": "# A project\n"], _ options: String...) async throws
        -> String
    {
        let path = try await repository(name, files: files)
        let output = try await sam(["projects", "add", path, "--name", name] + options)
        #expect(output.termination == .exited(0), "\(output.standardError)")
        return path
    }

    /// Makes a repository with one commit of these files.
    func repository(_ name: String, files: [String: String]) async throws -> String {
        let path = "\(scratch)/repositories/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try await git(["init", "-q", "-b", "main"], in: path)
        for (file, content) in files { try write(content, to: "repositories/\(name)/\(file)") }
        try await git(["add", "-A"], in: path)
        try await git(["commit", "-q", "-m", "First"], in: path)
        return path
    }

    /// Runs git in a folder, as a person would.
    @discardableResult
    func git(_ arguments: [String], in folder: String) async throws -> String {
        let program = try #require(Program.find("git"))
        let identity = ["GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b.c"]
        let output = try await Command(
            program, arguments,
            environment: identity.merging(
                ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch, "GIT_CONFIG_NOSYSTEM": "1"], uniquingKeysWith: { $1 }),
            workingDirectory: folder
        ).run()
        try #require(output.termination == .exited(0), "git \(arguments): \(output.standardError)")
        return output.text
    }

    /// The content of a file on a session's branch, read from the project's mirror.
    func file(_ path: String, of session: JSONValue) async throws -> String {
        let mirror = try #require(session["result"]?["mirror"]?.string)
        let branch = try #require(session["result"]?["branch"]?.string)
        return try await git(["show", "\(branch):\(path)"], in: mirror)
    }

    // MARK: - Files

    func write(_ text: String, to path: String) throws {
        let url = URL(filePath: "\(scratch)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    // MARK: - The end

    private func tearDown() async {
        // The server first: while it lives it can start another runner.
        await end(home + "/server.lock")
        let sessions = (try? FileManager.default.subpathsOfDirectory(atPath: home + "/sessions")) ?? []
        for lock in sessions where lock.hasSuffix("/lock") { await end("\(home)/sessions/\(lock)") }
        // A runner that was just started has no lock yet, but its home in its arguments.
        for pid in Self.processes(with: scratch + "/") { kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: scratch)
    }

    /// Ends whoever holds a lock: who holds one is alive.
    private func end(_ lock: String) async {
        while let pid = FileLock.holder(path: lock) {
            kill(pid, SIGKILL)
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// A session that is over, with its log.
struct FinishedSession: Sendable {
    var session: JSONValue
    var events: [JSONValue]

    var phase: String? { session["phase"]?.string }
    var failureCode: String? { session["failure"]?["code"]?.string }
    var failureMessage: String { session["failure"]?["message"]?.string ?? "" }

    /// Everything that the agent said.
    var said: String {
        payloads("message").compactMap { $0["text"]?.string }.joined()
    }

    /// The payloads of all events of a kind.
    func payloads(_ kind: String) -> [JSONValue] {
        events.filter { $0["kind"]?.string == kind }.compactMap { $0["payload"] }
    }

    /// The phases in the order in which they were entered.
    var phases: [String] { payloads("state").compactMap { $0["phase"]?.string } }
}
