import Accounts
import AgentProtocol
import Settings
import Testing
import Workspaces

@testable import Sessions

@Suite("What is done for a session beside its agent")
struct StepTests {
    @Test("A step is known while its workspace is made, and not after, however that ends", arguments: [true, false])
    func preparing(_ isCancelled: Bool) async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            let stop = StagedHost.Stop.prepare(session, step: 2)
            fixture.host.stop(at: stop)
            #expect(fixture.sessions.status.step(of: session) == nil)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.reached(stop)
            #expect(fixture.sessions.status.step(of: session) == WorkspaceProgress("making the checkout"))
            if isCancelled {
                try await fixture.sessions.commands.cancel(session, by: fixture.user)
            } else {
                await fixture.host.goOn(from: stop)
            }
            await fixture.quiet(session)
            #expect(fixture.sessions.status.step(of: session) == nil)
        }
    }

    @Test("git gets the limits of the settings")
    func limits() async throws {
        try await SessionsFixture.with { fixture in
            #expect(try await fixture.settings.fetchLimits(project: fixture.project.id, user: fixture.user) == FetchLimits())
            try await fixture.settings.set(.gitStall, to: "7", at: .project(fixture.project.id), by: fixture.user)
            try await fixture.settings.set(.gitTimeout, to: "70", at: .user(fixture.user), by: fixture.user)
            let limits = FetchLimits(whole: .seconds(70), stall: .seconds(7))
            #expect(try await fixture.settings.fetchLimits(project: fixture.project.id, user: fixture.user) == limits)
        }
    }

    @Test("What a project's sessions need of the mirror: all of it while one is open, and the commits that they name")
    func needs() async throws {
        try await SessionsFixture.with { fixture in
            #expect(try await !fixture.sessions.queries.mirrorNeeds(of: fixture.project.id).hasOpenSessions)
            let session = try await fixture.create()
            #expect(try await fixture.sessions.queries.mirrorNeeds(of: fixture.project.id).hasOpenSessions)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            try await fixture.sessions.changes.apply(.startFailed(code: "x", message: "x"), to: session)
            try await fixture.until(session, \.isSettled)
            let needs = try await fixture.sessions.queries.mirrorNeeds(of: fixture.project.id)
            #expect(!needs.hasOpenSessions)
            #expect(needs.commits == [session: [StagedHost.base]])
        }
    }
}
