import Accounts
import AgentProtocol
import Settings
import Store
import Testing

@testable import Sessions

@Suite("The machine's clock, and the time for which the server was away")
struct ClockTests {
    /// A day, a year, an hour in both directions; a little; and a night of sleep, in which a machine's clock goes on and nothing else does.
    static let moves: [Int64] = [
        86_400_000, -86_400_000, 31_536_000_000, -31_536_000_000, 3_600_000, -3_600_000, 1_500, -1_500, 28_800_000,
    ]

    @Test("A clock that is set ends no wait, and each ends when its time has really passed", arguments: moves)
    func deadline(_ move: Int64) async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(session)
            await fixture.quiet(session)
            let wait = Timing().booting
            fixture.clock.advance(by: 10_000)
            fixture.clock.set(by: move)
            await fixture.sessions.supervisor.superviseDue()
            let state = try await fixture.sessions.queries.session(session).state
            #expect(state.phase == .booting)
            #expect(try #require(state.deadline).at - fixture.clock.now == wait - 10_000)

            fixture.clock.advance(by: wait - 10_001)
            await fixture.sessions.supervisor.superviseDue()
            #expect(try await fixture.sessions.queries.session(session).state.phase == .booting)
            fixture.clock.advance(by: 1_000)
            await fixture.sessions.supervisor.superviseDue()
            #expect(try await fixture.sessions.queries.session(session).state.failure?.code == "timeout")
        }
    }

    @Test("A clock that is set makes no runner silent, and one that is silent is interrupted all the same", arguments: moves)
    func silence(_ move: Int64) async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.ready()
            fixture.clock.advance(by: 5_000)
            fixture.clock.set(by: move)
            await fixture.sessions.supervisor.supervise()
            #expect(try await fixture.sessions.queries.session(session).state.phase == .ready)
            fixture.clock.advance(by: 6_000)
            await fixture.sessions.supervisor.superviseDue()
            #expect(try await fixture.sessions.queries.session(session).state.phase == .interrupted)
        }
    }

    @Test("A question stays open for as long as before, whatever the clock is set to", arguments: moves)
    func question(_ move: Int64) async throws {
        try await SessionsFixture.with { fixture in
            let (session, question) = try await asking(fixture)
            let left = try await until(question, session, fixture) - fixture.clock.now
            fixture.clock.set(by: move)
            await fixture.sessions.supervisor.superviseDue()
            #expect(try await until(question, session, fixture) - fixture.clock.now == left)
        }
    }

    @Test("A clock that is set back makes no negative time in what is shown", arguments: moves)
    func shown(_ move: Int64) async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.ready()
            fixture.clock.set(by: move)
            await fixture.sessions.supervisor.supervise()
            try await fixture.tell([.background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]))], of: session)
            let stored = try await fixture.sessions.queries.session(session)
            for stage in try await fixture.sessions.queries.progress(of: stored) { #expect(stage.milliseconds ?? 0 >= 0) }
            let activity = try #require(fixture.sessions.status.activity(of: stored))
            #expect(activity.since <= fixture.clock.now && !activity.sentence.contains("-"))
            let evidence = Evidence(lastEvent: 100_000, lastBusy: 0, requestSince: 200_000)
            #expect(!evidence.activity(now: 150_000).sentence.contains("-"))
        }
    }

    @Test("A heartbeat that arrives while the clock is set is moved once")
    func heartbeatBeside() async {
        let clock = TestClock()
        let signals = SessionSignals(clock: SessionClock(wall: { clock.now }, steady: { clock.steady }), timing: Timing())
        let session = SessionID(rawValue: "s_1")
        await withTaskGroup(of: Int.self) { group in
            group.addTask {
                var wrong = 0
                for round in 0..<5_000 {
                    clock.set(by: round.isMultiple(of: 2) ? 3_600_000 : -3_600_000)
                    signals.takeOverClock()
                    // No time passes, so each time that was recorded is the present one.
                    wrong += signals.update { $0[session].lastHeard ?? signals.now() == signals.now() } ? 0 : 1
                }
                return wrong
            }
            group.addTask {
                for _ in 0..<50_000 { _ = signals.heard(session, Heartbeat(cpuMilliseconds: 0)) }
                return 0
            }
            for await wrong in group { #expect(wrong == 0) }
        }
    }

    @Test("A clock that is only kept right moves nothing")
    func keptRight() {
        let clock = TestClock()
        let waits = SessionClock(wall: { clock.now }, steady: { clock.steady })
        for move: Int64 in [999, -999, 20, -20] {
            clock.set(by: move)
            #expect(waits.takeOver() == nil)
            #expect(waits.now == clock.now)
        }
        clock.set(by: -1_000)
        clock.advance(by: 50)
        #expect(waits.now == clock.now + 1_000, "Until it is taken over, time goes on as it did")
        #expect(waits.takeOver() == -1_000)
        #expect(waits.now == clock.now)
    }

    @Test(
        "The time away is measured from the last tick, and from what was stored after it",
        arguments: [
            // Before the last tick, after it, and what the clock was set by meanwhile.
            (60_000, 0, 5_000, 0), (900_000, 0, 86_400_000, 0), (0, 0, 5_000, 0), (60_000, 3_000, 5_000, 0), (60_000, 0, 5_000, -3_600_000),
        ] as [(Int64, Int64, Int64, Int64)])
    func away(_ before: Int64, _ after: Int64, _ away: Int64, _ move: Int64) async throws {
        try await SessionsFixture.with { fixture in
            let (session, question) = try await asking(fixture)
            fixture.clock.advance(by: before)
            try await fixture.sessions.runners.heard(RunnerIdentity(session: session, attempt: 1), nil)
            await fixture.sessions.supervisor.superviseDue()
            fixture.clock.advance(by: after)
            if after > 0 { try await fixture.sessions.changes.note("Something happens.", in: session) }
            let until = try await until(question, session, fixture)

            fixture.clock.advance(by: away)
            fixture.clock.set(by: move)
            let restarted = try await fixture.twin()
            await restarted.sessions.resume()
            #expect(try await self.until(question, session, restarted) - until == max(0, away + move))
        }
    }

    @Test("A database in which no tick was ever written down tells of the last change")
    func withoutTick() async throws {
        try await SessionsFixture.with { fixture in
            let (session, question) = try await asking(fixture)
            _ = try await fixture.store.write { try $0.execute("DELETE FROM last_tick") }
            let until = try await until(question, session, fixture)
            fixture.clock.advance(by: 7_000)
            let restarted = try await fixture.twin()
            await restarted.sessions.resume()
            #expect(try await self.until(question, session, restarted) - until == 7_000)
        }
    }

    @Test("That sessions are looked after is written down while some are, and not oftener than every ten seconds")
    func ticks() async throws {
        try await SessionsFixture.with { fixture in
            await fixture.sessions.supervisor.superviseDue()
            #expect(try await fixture.sessions.changes.sessions.lastTick() == nil, "There is none")
            _ = try await fixture.ready()
            fixture.clock.advance(by: 10_000)
            let first = fixture.clock.now
            await fixture.sessions.supervisor.superviseDue()
            fixture.clock.advance(by: 9_999)
            await fixture.sessions.supervisor.superviseDue()
            #expect(try await fixture.sessions.changes.sessions.lastTick() == first)
            fixture.clock.advance(by: 1)
            await fixture.sessions.supervisor.superviseDue()
            #expect(try await fixture.sessions.changes.sessions.lastTick() == first + 10_000)
        }
    }

    // MARK: - Parts

    /// A session whose agent asks a person something, for a day.
    private func asking(_ fixture: SessionsFixture) async throws -> (SessionID, String) {
        let session = try await fixture.ready()
        try await fixture.tell([.background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]))], of: session)
        try await fixture.settings.set(.answerTimeout, to: "3600", at: .user(fixture.user), by: fixture.user)
        return (session, try await fixture.agentRequests.ask("Which?", suggestions: [], in: session))
    }

    private func until(_ question: String, _ session: SessionID, _ fixture: SessionsFixture) async throws -> Int64 {
        let state = try await fixture.sessions.queries.session(session).state
        return try #require(state.questions.first { $0.id == question }?.until)
    }
}
