import Accounts
import AgentProtocol
import Settings
import Testing
import Workspaces

@testable import Sessions

@Suite("Looking after sessions")
struct SupervisionTests {
    @Test("Sessions that wait in line, or are over, are never due, however many they are")
    func nothingDue() async throws {
        try await SessionsFixture.with { fixture in
            try await fixture.settings.set(.sessionLimit, to: "1", at: .platform, by: fixture.user)
            let over = try await fixture.create()
            try await fixture.sessions.commands.cancel(over, by: fixture.user)
            try await fixture.until(over, \.isSettled)
            await fixture.quiet(over)
            let running = try await fixture.ready()
            var waiting: [SessionID] = []
            for _ in 0..<30 { waiting.append(try await fixture.create()) }
            let sessions = fixture.sessions
            await sessions.supervisor.superviseDue()
            let list = sessions.changes.signals.update { $0 }
            for session in waiting + [over] { #expect(list.schedule[session] == nil) }
            #expect(list.schedule[running] != nil, "Beside them one that runs is")
            #expect(list.states[over] == nil)
            #expect(!list.isWorkedOn(over))
            #expect(Set(list.states.keys) == Set(waiting + [running]))

            fixture.clock.advance(by: 500)
            let looks = fixture.host.looks(at: running)
            await sessions.supervisor.superviseDue()
            #expect(fixture.host.looks(at: running) == looks, "It is not due yet")
            fixture.clock.advance(by: 1_000)
            await sessions.supervisor.superviseDue()
            #expect(fixture.host.looks(at: running) == looks + 1)
        }
    }

    @Test("What a dead runner left holds up no other session, however long it takes, and is taken in once")
    func longSpool() async throws {
        try await SessionsFixture.with { fixture in
            let slow = try await fixture.ready()
            let other = try await fixture.ready()
            fixture.host.stop(at: .spool(slow))
            await fixture.host.die(slow)
            await fixture.host.die(other)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.reached(.spool(slow))
            try await fixture.until(other, \.isSettled)
            await fixture.sessions.supervisor.supervise()
            #expect(try await fixture.sessions.queries.session(slow).state.phase == .ready)
            #expect(fixture.host.spoolReads(of: slow) == 1)
            await fixture.host.goOn(from: .spool(slow))
            try await fixture.until(slow, \.isSettled)
            #expect(try await fixture.sessions.queries.session(slow).state.phase == .interrupted)
            #expect(fixture.host.spoolReads(of: slow) == 2, "Once for the death, and once more before the salvage")
        }
    }

    @Test("A runner of which nothing can be told is taken for alive, until it is silent; the dead one beside it is not")
    func unknown() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.ready()
            fixture.host.blind(true)
            await fixture.host.die(session)
            await fixture.sessions.supervisor.supervise()
            await fixture.quiet(session)
            #expect(try await fixture.sessions.queries.session(session).state.phase == .ready)
            fixture.clock.advance(by: Timing().silence + 1)
            await fixture.sessions.supervisor.supervise()
            #expect(try await fixture.sessions.queries.session(session).state.phase == .interrupted)
            #expect(try await fixture.sessions.queries.session(session).state.salvage == .none)
            fixture.host.blind(false)
            await fixture.sessions.supervisor.supervise()
            try await fixture.until(session, \.isSettled)
        }
    }

    @Test("The handle of a launch goes back to the host with each question about that runner, until the session is removed")
    func handles() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.ready()
            let runner = RunnerReference(session: session, attempt: 1, handle: StagedHost.handle(session, 1))
            await fixture.sessions.supervisor.supervise()
            #expect(fixture.host.seen == [runner])
            let others = try await fixture.twin().sessions.changes.sessions
            #expect(try await others.runner(session, attempt: 1) == runner)
            #expect(
                try await others.runners(session, attempts: 1...2) == [runner, RunnerReference(session: session, attempt: 2)],
                "A launch that is not recorded may have happened")
            await fixture.host.die(session)
            await fixture.sessions.supervisor.supervise()
            try await fixture.until(session, \.isSettled)
            try await fixture.sessions.commands.remove(session, evenUnlanded: true, by: fixture.user)
            #expect(try await others.runner(session, attempt: 1).handle == nil)
            try await others.record(StagedHost.handle(session, 1), of: session, attempt: 1)
            #expect(try await others.runner(session, attempt: 1).handle == nil, "A removed session gets no row")
        }
    }

    @Test(
        "The end of a runner is told, and it is not asked for meanwhile; where it can't be told, it is seen all the same",
        arguments: [true, false])
    func toldEnd(_ isTold: Bool) async throws {
        try await SessionsFixture.with(clock: TestClock(runs: true)) { fixture in
            if isTold { fixture.host.tellEnds() }
            let running = Task { await fixture.sessions.supervisor.run() }
            defer { running.cancel() }
            let session = try await fixture.create()
            await fixture.host.launched(session)
            try await fixture.tell([.agentStarted(AgentStart(sandbox: "x")), .handshake(AgentIdentity(name: "a"))], of: session)
            if isTold { await fixture.host.watched(session) }
            let (looks, began) = (fixture.host.looks(at: session), ContinuousClock.now)
            await fixture.host.die(session)
            try await fixture.until(session, \.isSettled)
            // A busy machine takes seconds to record the death, and each brings another look.
            let seconds = Int((ContinuousClock.now - began).components.seconds)
            if isTold { #expect(fixture.host.looks(at: session) - looks <= 2 + seconds) }
            #expect(try await fixture.sessions.queries.session(session).state.phase == .interrupted)
        }
    }

    @Test("Whoever waits in line starts at once when there is room for them, whether a setting or an end made it")
    func queue() async throws {
        try await SessionsFixture.with(clock: TestClock(runs: true)) { fixture in
            try await fixture.settings.set(.sessionLimit, to: "1", at: .platform, by: fixture.user)
            let running = Task { await fixture.sessions.supervisor.run() }
            defer { running.cancel() }
            let first = try await fixture.create()
            await fixture.host.launched(first)
            try await fixture.tell([.agentStarted(AgentStart(sandbox: "x"))], of: first)
            let second = try await fixture.create()
            fixture.clock.advance(by: 1)
            let third = try await fixture.create()
            try await fixture.settings.set(.sessionLimit, to: "2", at: .platform, by: fixture.user)
            await fixture.host.launched(second)
            #expect(fixture.host.launches(of: third) == [])
            await fixture.host.die(first)
            await fixture.host.launched(third)
        }
    }

    @Test("A queued session says what it waits for: its turn, as long as others run in its place")
    func waiting() async throws {
        try await SessionsFixture.with { fixture in
            try await fixture.settings.set(.sessionLimit, to: "1", at: .platform, by: fixture.user)
            #expect(try await fixture.sessions.slots.waitOfQueue(for: fixture.user) == nil)
            let first = try await fixture.create()
            fixture.clock.advance(by: 1)
            let second = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            let sentence = "its turn: as many sessions run as may at once (sessions.limit is 1)"
            #expect(try await fixture.sessions.slots.waitOfQueue(for: fixture.user)?.sentence == sentence)
            #expect(try await notes(second, fixture) == ["Waits for \(sentence)."])
            #expect(try await notes(first, fixture) == [])
            #expect(try await fixture.sessions.queries.queue() == [second])
            try await fixture.settings.set(.sessionLimit, to: "2", at: .platform, by: fixture.user)
            #expect(try await fixture.sessions.slots.waitOfQueue(for: fixture.user) == nil)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(second)
            #expect(try await fixture.sessions.queries.session(second).state.heldBackBy == nil)
            #expect(try await fixture.sessions.queries.queue() == [])
        }
    }

    @Test("A line that is longer than what is read of it at once moves on, also past rows that can't be read")
    func longLine() async throws {
        try await SessionsFixture.with { fixture in
            try await fixture.settings.set(.sessionLimit, to: "1", at: .platform, by: fixture.user)
            var sessions: [SessionID] = []
            for _ in 0..<55 {
                fixture.clock.advance(by: 1)
                sessions.append(try await fixture.create())
            }
            for session in sessions.dropLast() { try await fixture.set("state", to: "{}", of: session) }
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(try #require(sessions.last))
        }
    }

    private func notes(_ session: SessionID, _ fixture: SessionsFixture) async throws -> [String] {
        try await fixture.sessions.queries.events(session, after: 0).filter { $0.kind == "note" }.compactMap { $0.payload["text"]?.string }
    }
}
