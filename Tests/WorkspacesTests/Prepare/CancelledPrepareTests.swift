import Accounts
import AgentProtocol
import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("Making a workspace that nobody wants any more", .serialized)
struct CancelledPrepareTests {
    /// The times that git is run for the first workspace of a project.
    static let steps = 16

    @Test(
        "Cancelled at any of git's steps, it leaves nothing once it is cleaned up, and the one right beside it stands",
        arguments: 1...CancelledPrepareTests.steps
    )
    func cancelled(_ step: Int) async throws {
        try await SalvageFixture.with(.none) { fixture in
            let git = try PausingGit(folder: fixture.folder, step: step)
            let host = git.used(by: fixture.host)
            let project = fixture.project
            let (cancelled, beside) = (try #require(SessionID.random(prefix: "s")), try #require(SessionID.random(prefix: "s")))
            let preparation = Task {
                try await host.prepare(WorkspaceRequest(session: cancelled, project: project, branch: "sam/cancelled"))
            }
            try await git.reached()
            async let other = host.prepare(WorkspaceRequest(session: beside, project: project, branch: "sam/beside"))
            preparation.cancel()
            await #expect(throws: CancellationError.self) { _ = try await preparation.value }
            await host.cleanUp(cancelled, of: project.id, keepingWorkspace: false, keepingHome: false)

            let prepared = try await other
            let files = FileManager.default
            #expect(try files.contentsOfDirectory(atPath: host.home.sessions) == [beside.rawValue])
            #expect(try files.contentsOfDirectory(atPath: host.home.path + "/sockets") == [beside.rawValue])
            #expect(try await fixture.mirror.refs("refs/sam") == ["refs/sam/keep/\(beside.rawValue)": prepared.base])
            let leftLocks = try files.subpathsOfDirectory(atPath: fixture.mirror.path).filter { $0.hasSuffix(".lock") }
            #expect(leftLocks == [])
            let workspace = TestRepository(path: host.home.workspace(beside))
            #expect(try await workspace.git(["rev-parse", "sam/beside"]) == prepared.base)
            #expect(try await workspace.git(["status", "--porcelain"]) == "")
        }
    }

    @Test("The steps are all that there are")
    func allSteps() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let git = try PausingGit(folder: fixture.folder, step: 0)
            let host = git.used(by: fixture.host)
            let session = try #require(SessionID.random(prefix: "s"))
            _ = try await host.prepare(WorkspaceRequest(session: session, project: fixture.project, branch: "sam/one"))
            let count = try git.count()
            #expect(count == Self.steps)
        }
    }
}

/// A program in git's place that stops the one time that it is told to, until it is ended.
private struct PausingGit {
    let program: String
    private let folder: String

    init(folder: String, step: Int) throws {
        self.folder = folder
        program = folder + "/git"
        guard mkfifo(folder + "/reached", 0o600) == 0 else { throw TestFailure("No pipe could be made.") }
        let script = """
            #!/bin/sh
            echo . >> \(folder)/count
            if [ "$(wc -l < \(folder)/count)" -eq \(step) ]; then echo > \(folder)/reached; exec sleep 1000; fi
            exec /usr/bin/git "$@"
            """
        try Data(script.utf8).write(to: URL(filePath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    }

    func used(by host: LocalHost) -> LocalHost {
        var host = host
        host.git.program = program
        return host
    }

    /// Waits until it has stopped.
    func reached() async throws {
        _ = try await Command("/bin/cat", [folder + "/reached"]).run(timeout: .seconds(120))
    }

    /// How often it was run.
    func count() throws -> Int {
        try String(contentsOfFile: folder + "/count", encoding: .utf8).count { $0 == "\n" }
    }
}
