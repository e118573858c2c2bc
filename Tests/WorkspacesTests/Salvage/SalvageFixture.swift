import AgentProtocol
import Foundation
import Logging
import Processes
import Testing

@testable import Accounts
@testable import Store
@testable import Workspaces

/// An origin, a home of SAM's and this machine as the place for workspaces: all of it real, and removed in the end.
struct SalvageFixture: Sendable {
    /// A folder for the test's own files. Sockets' names have to be short, so it stands in `/tmp`.
    let folder: String
    let host: LocalHost
    let project: Project

    var origin: TestRepository { TestRepository(path: folder + "/origin.git") }
    var mirror: TestRepository { TestRepository(path: host.home.mirror(project.id)) }

    /// Runs a test's body with a fixture.
    static func with<Result>(
        _ sandbox: Project.Sandbox = .bubblewrap, files: [String: String] = [:], _ body: (SalvageFixture) async throws -> Result
    ) async throws -> Result {
        let folder = "/tmp/sam-salvage-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let outcome: Swift.Result<Result, any Error>
        do {
            try await Origin.make(at: folder + "/origin.git", more: files)
            let home = Home(path: folder + "/home")
            try home.create()
            let host = try LocalHost(home: home, programs: try #require(programs), logger: Logger(label: "test"))
            let project = try project(sandbox, repository: folder + "/origin.git")
            outcome = .success(try await body(SalvageFixture(folder: folder, host: host, project: project)))
        } catch {
            outcome = .failure(error)
        }
        // Agents leave folders without permissions.
        for command in [Command("/bin/chmod", ["-R", "u+rwX", folder]), Command("/bin/rm", ["-rf", folder])] {
            _ = try? await command.run()
        }
        return try outcome.get()
    }

    /// A new session's workspace.
    func workspace() async throws -> AgentWorkspace {
        let session = try #require(SessionID.random(prefix: "s"))
        let branch = "sam/\(session.rawValue)-task"
        let prepared = try await host.prepare(WorkspaceRequest(session: session, project: project, branch: branch))
        return AgentWorkspace(fixture: self, session: session, branch: branch, base: prepared.base)
    }

    static func project(_ sandbox: Project.Sandbox, repository: String, id known: ProjectID? = nil) throws -> Project {
        let id = try #require(known ?? ProjectID.random(prefix: "p"))
        let values: [(String, SQLValue)] = [
            ("id", .text(id.rawValue)), ("name", .text("project")), ("repository", .text(repository)),
            ("sandbox", .text(sandbox.rawValue)), ("created_at", .integer(0)),
        ]
        return try Project(
            Row(
                columns: Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1.0, $0) }),
                values: values.map(\.1)))
    }

    /// The folder with the built programs: where the tests themselves stand.
    static let programs: String? = {
        var folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.pathComponents.count > 1 {
            let path = folder.path(percentEncoded: false)
            if FileManager.default.isExecutableFile(atPath: path + "/sam-runner") {
                return path.hasSuffix("/") ? String(path.dropLast()) : path
            }
            folder.deleteLastPathComponent()
        }
        return nil
    }()
}
