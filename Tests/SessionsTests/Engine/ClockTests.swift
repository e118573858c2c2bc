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
        try await EngineFixture.with { fixture in
            let session = try await fixture.create()
            await fixture.engine.supervise()
            await fixture.host.launched(session)
            await fixture.quiet(session)
            let wait = Timing().booting
            fixture.clock.advance(by: 10_000)
            fixture.clock.set(by: move)
            await fixture.engine.superviseDue()
            let state = try await fixture.engine.queries.session(session).state
            #expect(state.phase == .booting)
            #expect(try #require(state.deadline).at - fixture.clock.now == wait - 10_000)

            fixture.clock.advance(by: wait - 10_001)
            await fixture.engine.superviseDue()
            #expect(try await fixture.engine.queries.session(session).state.phase == .booting)
            fixture.clock.advance(by: 1_000)
            await fixture.engine.superviseDue()
            #expect(try await fixture.engine.queries.session(session).state.failure?.code == "timeout")
        }
    }

    @Test("A clock that is set makes no runner silent, and one that is silent is interrupted all the same", arguments: moves)
    func silence(_ move: Int64) async throws {
        try await EngineFixture.with { fixture in
            let session = try await fixture.ready()
            fixture.clock.advance(by: 5_000)
            fixture.clock.set(by: move)
            await fixture.engine.supervise()
            #expect(try await fixture.engine.queries.session(session).state.phase == .ready)
            fixture.clock.advance(by: 6_000)
            await fixture.engine.superviseDue()
            #expect(try await fixture.engine.queries.session(session).state.phase == .interrupted)
        }
    }

    @Test("A question stays open for as long as before, whatever the clock is set to", arguments: moves)
    func question(_ move: Int64) async throws {
        try await EngineFixture.with { fixture in
            let (session, question) = try await asking(fixture)
            let left = try await until(question, session, fixture) - fixture.clock.now
            fixture.clock.set(by: move)
            await fixture.engine.superviseDue()
            #expect(try await until(question, session, fixture) - fixture.clock.now == left)
        }
    }

    @Test("A clock that is set back makes no negative time in what is shown", arguments: moves)
    func shown(_ move: Int64) async throws {
        try await EngineFixture.with { fixture in
            let session = try await fixture.ready()
            fixture.clock.set(by: move)
            await fixture.engine.supervise()
            try await fixture.tell([.background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]))], of: session)
            let stored = try await fixture.engine.queries.session(session)
            for stage in try await fixture.engine.queries.progress(of: stored) { #expect(stage.milliseconds ?? 0 >= 0) }
            let activity = try #require(await fixture.engine.activity(of: stored))
            #expect(activity.since <= fixture.clock.now && !activity.sentence.contains("-"))
            let evidence = Evidence(lastEvent: 100_000, lastBusy: 0, requestSince: 200_000)
            #expect(!evidence.activity(now: 150_000).sentence.contains("-"))
        }
    }

    @Test("A clock that is only kept right moves nothing")
    func keptRight() {
        let clock = TestClock()
        let engine = EngineClock(wall: { clock.now }, steady: { clock.steady })
        for move: Int64 in [999, -999, 20, -20] {
            clock.set(by: move)
            #expect(engine.takeOver() == nil)
            #expect(engine.now == clock.now)
        }
        clock.set(by: -1_000)
        clock.advance(by: 50)
        #expect(engine.now == clock.now + 1_000, "Until it is taken over, time goes on as it did")
        #expect(engine.takeOver() == -1_000)
        #expect(engine.now == clock.now)
    }

    @Test(
        "The time away is measured from the last tick, and from what was stored after it",
        arguments: [
            // Before the last tick, after it, and what the clock was set by meanwhile.
            (60_000, 0, 5_000, 0), (900_000, 0, 86_400_000, 0), (0, 0, 5_000, 0), (60_000, 3_000, 5_000, 0), (60_000, 0, 5_000, -3_600_000),
        ] as [(Int64, Int64, Int64, Int64)])
    func away(_ before: Int64, _ after: Int64, _ away: Int64, _ move: Int64) async throws {
        try await EngineFixture.with { fixture in
            let (session, question) = try await asking(fixture)
            fixture.clock.advance(by: before)
            try await fixture.engine.heard(RunnerIdentity(session: session, attempt: 1), nil)
            await fixture.engine.superviseDue()
            fixture.clock.advance(by: after)
            if after > 0 { try await fixture.engine.note("Something happens.", in: session) }
            let until = try await until(question, session, fixture)

            fixture.clock.advance(by: away)
            fixture.clock.set(by: move)
            let restarted = try await fixture.twin()
            await restarted.engine.resume()
            #expect(try await self.until(question, session, restarted) - until == max(0, away + move))
        }
    }

    @Test("A database in which no tick was ever written down tells of the last change")
    func withoutTick() async throws {
        try await EngineFixture.with { fixture in
            let (session, question) = try await asking(fixture)
            _ = try await fixture.store.write { try $0.execute("DELETE FROM last_tick") }
            let until = try await until(question, session, fixture)
            fixture.clock.advance(by: 7_000)
            let restarted = try await fixture.twin()
            await restarted.engine.resume()
            #expect(try await self.until(question, session, restarted) - until == 7_000)
        }
    }

    @Test("That sessions are looked after is written down while some are, and not oftener than every ten seconds")
    func ticks() async throws {
        try await EngineFixture.with { fixture in
            await fixture.engine.superviseDue()
            #expect(try await fixture.engine.sessions.lastTick() == nil, "There is none")
            _ = try await fixture.ready()
            fixture.clock.advance(by: 10_000)
            let first = fixture.clock.now
            await fixture.engine.superviseDue()
            fixture.clock.advance(by: 9_999)
            await fixture.engine.superviseDue()
            #expect(try await fixture.engine.sessions.lastTick() == first)
            fixture.clock.advance(by: 1)
            await fixture.engine.superviseDue()
            #expect(try await fixture.engine.sessions.lastTick() == first + 10_000)
        }
    }

    // MARK: - Parts

    /// A session whose agent asks a person something, for a day.
    private func asking(_ fixture: EngineFixture) async throws -> (SessionID, String) {
        let session = try await fixture.ready()
        try await fixture.tell([.background(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]))], of: session)
        try await fixture.settings.set(.answerTimeout, to: "3600", at: .user(fixture.user), by: fixture.user)
        return (session, try await fixture.engine.ask("Which?", suggestions: [], in: session))
    }

    private func until(_ question: String, _ session: SessionID, _ fixture: EngineFixture) async throws -> Int64 {
        let state = try await fixture.engine.queries.session(session).state
        return try #require(state.questions.first { $0.id == question }?.until)
    }
}
