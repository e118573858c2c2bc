import Accounts
import AgentProtocol
import Foundation
import Processes
import Sandbox
import Testing

@testable import Workspaces

/// A workspace with what stands for its agent: a shell, in the very sandbox that an agent gets.
struct AgentWorkspace: Sendable {
    let fixture: SalvageFixture
    let session: SessionID
    /// `sam/<session>-task`.
    let branch: String
    let base: String

    private var host: LocalHost { fixture.host }
    /// Where it is on the host.
    var path: String { host.home.workspace(session) }
    /// Where its agent sees it.
    private var inside: String { fixture.project.sandbox == .none ? path : Sandbox.Inside.workspace }

    /// Runs a shell script as its agent.
    ///
    /// - Parameter seed: makes its commits' times, so that the same script makes the same commits.
    /// - Returns: what it printed.
    @discardableResult
    func run(_ script: String, seed: Int = 0) async throws -> String {
        var environment = TestRepository.environment
        environment["HOME"] = fixture.project.sandbox == .none ? host.home.agentHome(session) : Sandbox.Inside.home
        environment["GIT_AUTHOR_DATE"] = "@\(1_700_000_000 + seed * 1_000) +0000"
        environment["GIT_COMMITTER_DATE"] = environment["GIT_AUTHOR_DATE"]
        environment["BRANCH"] = branch
        environment["SESSION"] = session.rawValue
        let shell = Command("/bin/sh", ["-c", script], environment: environment, workingDirectory: inside)
        let output = try await
            (fixture.project.sandbox == .none
            ? shell : host.sandbox(fixture.project, session).wrap(shell).entered(by: try #require(SalvageFixture.programs) + "/sam-runner"))
            .run(timeout: .seconds(120))
        guard output.termination.isSuccess else { throw TestFailure("\(script)\n\(output.text)\(output.standardError)") }
        return output.text.trimmingCharacters(in: .newlines)
    }

    /// The repository that holds some of its work.
    func repository(of work: OtherWork) -> TestRepository {
        TestRepository(path: host.places(of: session, in: fixture.project.id)[work.repository])
    }

    /// Takes the work out.
    func salvage(leavesBehind: [String] = []) async throws -> WorkspaceResult {
        try await host.salvage(
            SalvageRequest(
                session: session, project: fixture.project, branch: branch, base: base,
                limits: SandboxLimits(memory: 1 << 30, processes: 256, cpuPercent: 200), leavesBehind: leavesBehind))
    }

    /// Lets an agent work, takes the work out and holds it against what was there.
    func leave(_ script: String, leavesBehind: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> WorkspaceResult
    {
        try await run("set -e\n" + script)
        let left = try await LeftWork(in: self, leavesBehind: leavesBehind)
        let result = try await salvage(leavesBehind: leavesBehind)
        let complaints = try await left.complaints(about: result)
        #expect(complaints == [], "\(result)", sourceLocation: sourceLocation)
        return result
    }
}
