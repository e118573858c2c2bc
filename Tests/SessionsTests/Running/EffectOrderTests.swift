import AgentProtocol
import Testing
import Workspaces

@testable import Sessions

@Suite("What follows from a session's changes")
struct EffectOrderTests {
    /// A place at which preparing is held up, and whether the host ends what is cancelled there.
    static let places = (0...StagedHost.steps.count).flatMap { step in [(step, true), (step, false)] }

    @Test(
        "A cancel at any step of making a workspace leaves nothing of it, and the session right beside it starts",
        arguments: EffectOrderTests.places)
    func cancelWhilePreparing(_ step: Int, _ heedsCancellation: Bool) async throws {
        try await SessionsFixture.with { fixture in
            let (host, sessions) = (fixture.host, fixture.sessions)
            if !heedsCancellation { host.ignoreCancellation() }
            let cancelled = try await fixture.create()
            let stop = StagedHost.Stop.prepare(cancelled, step: step)
            host.stop(at: stop)
            await sessions.supervisor.supervise()
            await host.reached(stop)
            let beside = try await fixture.create()
            try await sessions.commands.cancel(cancelled, by: fixture.user)
            await sessions.supervisor.supervise()
            if !heedsCancellation { await host.goOn(from: stop) }
            try await fixture.until(cancelled, \.isSettled)
            await host.launched(beside)

            #expect(host.things(of: cancelled) == [])
            #expect(host.launches(of: cancelled) == [])
            let state = try await sessions.queries.session(cancelled).state
            #expect(state.phase == .cancelled && state.workspace == nil)
            #expect(host.things(of: beside) == Set(StagedHost.steps))
            #expect(try await sessions.queries.session(beside).state.phase == .booting)
        }
    }

    @Test("Sessions that are started and cancelled at the same moment leave nothing, whichever comes first")
    func startAndCancelAtOnce() async throws {
        try await SessionsFixture.with { fixture in
            for _ in 0..<60 {
                let session = try await fixture.create()
                async let started: Void = fixture.sessions.supervisor.supervise()
                async let cancelled: Void = fixture.sessions.commands.cancel(session, by: fixture.user)
                try await cancelled
                await started
                await fixture.quiet(session)
                let state = try await fixture.sessions.queries.session(session).state
                #expect(state.phase == .cancelled)
                if fixture.host.launches(of: session).isEmpty {
                    #expect(state.isSettled)
                    #expect(fixture.host.things(of: session) == [])
                } else {
                    #expect(state.awaitsRunner, "The cancel came after the launch, and the runner is told of it")
                }
            }
        }
    }

    @Test("What was made for a session that another server ended meanwhile is removed by who made it", arguments: [true, false])
    func endedElsewhere(_ heedsCancellation: Bool) async throws {
        try await SessionsFixture.with { fixture in
            let other = try await fixture.twin()
            if !heedsCancellation { fixture.host.ignoreCancellation() }
            let session = try await fixture.create()
            let stop = StagedHost.Stop.prepare(session, step: 2)
            fixture.host.stop(at: stop)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.reached(stop)
            try await other.sessions.commands.cancel(session, by: fixture.user)
            try await other.until(session, \.isSettled)
            await fixture.host.goOn(from: stop)
            await fixture.quiet(session)
            #expect(fixture.host.things(of: session) == [])
        }
    }

    @Test("A session that was removed while its workspace was made leaves nothing")
    func removedElsewhere() async throws {
        try await SessionsFixture.with { fixture in
            let other = try await fixture.twin()
            fixture.host.ignoreCancellation()
            let session = try await fixture.create()
            let stop = StagedHost.Stop.prepare(session, step: 1)
            fixture.host.stop(at: stop)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.reached(stop)
            try await other.sessions.commands.cancel(session, by: fixture.user)
            try await other.until(session, \.isSettled)
            try await other.sessions.commands.remove(session, evenUnlanded: false, by: fixture.user)
            await fixture.host.goOn(from: stop)
            await fixture.quiet(session)
            #expect(fixture.host.things(of: session) == [])
        }
    }

    @Test("A cancel before the runner is started starts none, and the session ends at once; the one beside it starts")
    func cancelWhileLaunching() async throws {
        try await SessionsFixture.with { fixture in
            let cancelled = try await fixture.create()
            let beside = try await fixture.create()
            fixture.endpoints.hold(cancelled)
            await fixture.sessions.supervisor.supervise()
            await fixture.endpoints.reached(cancelled)
            try await fixture.sessions.commands.cancel(cancelled, by: fixture.user)
            await fixture.endpoints.goOn(cancelled)
            try await fixture.until(cancelled, \.isSettled)
            await fixture.host.launched(beside)
            #expect(fixture.host.launches(of: cancelled) == [])
            #expect(fixture.host.things(of: cancelled) == [])
            #expect(try await fixture.sessions.queries.session(cancelled).state.phase == .cancelled)
        }
    }

    @Test("A runner that is slow to be started is not taken for dead, and no second one works beside it")
    func slowLaunch() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            fixture.endpoints.hold(session)
            await fixture.sessions.supervisor.supervise()
            await fixture.endpoints.reached(session)
            fixture.clock.advance(by: Timing().launching + 1)
            await fixture.sessions.supervisor.supervise()
            await fixture.endpoints.goOn(session)
            await fixture.host.launched(session)
            await fixture.sessions.supervisor.supervise()
            #expect(fixture.host.launches(of: session) == [1])
        }
    }

    @Test("What is said of the runner of an attempt that another has followed changes nothing")
    func earlierAttempt() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            try await fixture.sessions.changes.apply(.runnerDied, to: session, ofAttempt: 1)
            await fixture.host.launched(session, attempt: 2)
            let state = try await fixture.sessions.changes.apply(.runnerDied, to: session, ofAttempt: 1)
            #expect(state.attempt == 2)
            #expect(fixture.host.launches(of: session) == [1, 2])
            #expect(!fixture.host.isRunnerAlive(session, attempt: 1), "The first can't work beside the second")
            #expect(fixture.host.isRunnerAlive(session, attempt: 2))
            #expect(try await fixture.sessions.changes.apply(.runnerDied, to: session, ofAttempt: 2).attempt == 3)
        }
    }

    @Test("Nothing begins for a session while its files are removed")
    func removal() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            fixture.host.failSalvages(true)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            try await fixture.sessions.changes.apply(.agent(.agentStarted(AgentStart(sandbox: "x"))), to: session)
            try await fixture.sessions.commands.cancel(session, by: fixture.user)
            try await fixture.sessions.changes.apply(.runnerDied, to: session, ofAttempt: 1)
            try await fixture.until(session, \.isSettled)
            #expect(try await fixture.sessions.queries.session(session).state.keepsWorkspace)

            fixture.host.stop(at: .cleanUp(session))
            async let removed: Void = fixture.sessions.commands.remove(session, evenUnlanded: true, by: fixture.user)
            await fixture.host.reached(.cleanUp(session))
            let again = Task { try await fixture.sessions.commands.salvageAgain(session, by: fixture.user) }
            await fixture.host.goOn(from: .cleanUp(session))
            try await removed
            await #expect(throws: SessionsError.self) { try await again.value }
            #expect(fixture.host.things(of: session) == [])
        }
    }
}
