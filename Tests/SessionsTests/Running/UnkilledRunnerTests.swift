import AgentProtocol
import Testing
import Workspaces

@testable import Sessions

@Suite("A runner that can't be killed")
struct UnkilledRunnerTests {
    @Test("The session ends all the same: what was told is stored, the reason is logged, and the workspace is kept")
    func ends() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.ready()
            fixture.host.failKills()
            await fixture.host.die(session)
            await fixture.sessions.supervisor.supervise()
            try await fixture.until(session, \.isSettled)
            let state = try await fixture.sessions.queries.session(session).state
            #expect(state.salvage == .failed("It can't be killed."))
            #expect(fixture.host.spoolReads(of: session) > 0)
            #expect(fixture.host.things(of: session) == Set(StagedHost.steps).subtracting(["sockets"]))
            #expect(try await fixture.notes(of: session).contains { $0.contains("It can't be killed.") })
        }
    }

    @Test("A session that has nothing to salvage ends, too, and what is left of it stays")
    func cancelled() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            fixture.host.failKills()
            try await fixture.sessions.changes.apply(.startFailed(code: "x", message: "x"), to: session)
            await fixture.host.die(session)
            await fixture.sessions.supervisor.supervise()
            try await fixture.until(session, \.isSettled)
            #expect(fixture.host.things(of: session) == Set(StagedHost.steps).subtracting(["sockets"]))
            let state = try await fixture.sessions.queries.session(session).state
            #expect(state.salvage == .failed("It can't be killed.") && state.keepsWorkspace, "The session says so, and can be salvaged")
            #expect(try await fixture.notes(of: session).contains("The workspace is kept: It can't be killed."))
        }
    }
}
