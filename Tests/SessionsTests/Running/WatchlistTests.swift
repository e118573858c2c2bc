import AgentProtocol
import Testing

@testable import Sessions

@Suite("What is known of sessions in memory")
struct WatchlistTests {
    private static let session = SessionID(rawValue: "s_1")

    private func list(_ phase: Phase, now: Int64 = 0) -> Watchlist {
        var list = Watchlist(timing: Timing())
        _ = list.takeWake()
        var state = SessionState(ending: .onRequest)
        state.phase = phase
        state.runnerHasSpoken = true
        list.keep(state, of: Self.session, now: now)
        return list
    }

    @Test("A session is due while its runner is to be looked at, and not while it waits in line or is settled")
    func due() {
        #expect(list(.ready).schedule[Self.session] == 0)
        #expect(list(.queued).schedule[Self.session] == nil)
        var settled = list(.ready)
        var state = SessionState(ending: .onRequest)
        state.phase = .completed
        state.isCleanedUp = true
        settled.keep(state, of: Self.session, now: 0)
        #expect(settled.schedule[Self.session] == nil && settled.states.isEmpty)
        let wakes = settled.takeWake()
        #expect(wakes, "Its slot is free")
    }

    @Test(
        "The supervisor is woken by what is due before the time that it planned, and by nothing else", arguments: [(-1, false), (1, true)])
    func wakes(_ planned: Int64, _ wakes: Bool) {
        var list = list(.ready)
        _ = list.takeWake()
        list.armedFor = planned
        list.plan(Self.session, now: 0)
        let (first, second) = (list.takeWake(), list.takeWake())
        #expect(first == wakes)
        #expect(!second, "Once")
    }

    @Test("A session is worked on until the last piece of its work has ended, and is then looked at")
    func work() {
        var list = list(.preparing)
        list.workAdded(to: Self.session)
        list.workAdded(to: Self.session)
        list.plan(Self.session, now: 0)
        #expect(list.schedule[Self.session] == nil, "Its work goes on")
        list.workEnded(for: Self.session, now: 1)
        #expect(list.isWorkedOn(Self.session) && list.schedule[Self.session] == nil)
        list.workEnded(for: Self.session, now: 2)
        #expect(!list.isWorkedOn(Self.session) && list.schedule[Self.session] == 2)
        list.workEnded(for: Self.session, now: 3)
        #expect(!list.isWorkedOn(Self.session), "One end more than there was work changes nothing")
    }

    @Test("Work that outlasts its session is known until it has ended")
    func outlasts() {
        var list = list(.preparing)
        list.workAdded(to: Self.session)
        list.forget(Self.session)
        #expect(list.isWorkedOn(Self.session))
        list.workEnded(for: Self.session, now: 1)
        #expect(!list.isWorkedOn(Self.session) && list.schedule[Self.session] == nil)
    }

    @Test("A dead runner's spool is stored once at a time")
    func death() {
        var list = list(.ready)
        let (first, second) = (list.runnerDied(of: Self.session), list.runnerDied(of: Self.session))
        #expect(first && !second)
        list.deathRecorded(of: Self.session)
        let third = list.runnerDied(of: Self.session)
        #expect(third)
    }

    @Test("When the clock is set, all that is known moves with it", arguments: [-3_600_000, 3_600_000] as [Int64])
    func move(_ milliseconds: Int64) {
        var list = list(.ready, now: 10)
        list[Self.session].lastHeard = 5
        list[Self.session].lastLookAtRunner = 6
        list[Self.session].pulse = Pulse(now: 7)
        list.nextTick = 8
        list.nextLookAtAll = 9
        list.move(by: milliseconds)
        #expect(list[Self.session].lastHeard == 5 + milliseconds)
        #expect(list[Self.session].lastLookAtRunner == 6 + milliseconds)
        #expect(list[Self.session].pulse?.lastSign == 7 + milliseconds)
        #expect(list.schedule[Self.session] == 10 + milliseconds)
        #expect(list.nextTick == 8 + milliseconds && list.nextLookAtAll == 9 + milliseconds)
    }

    @Test("What is known of sessions without a state is dropped, and of the one beside it not")
    func strangers() {
        var list = list(.ready)
        let stranger = SessionID(rawValue: "s_2")
        list[stranger].lastHeard = 1
        list[Self.session].lastHeard = 2
        list.forgetStrangers()
        #expect(list[stranger].lastHeard == nil && list[Self.session].lastHeard == 2)
    }

    @Test(
        "The queue is looked at again at the next tick only while a session waits in it",
        arguments: [(Phase.queued, true), (.ready, false)])
    func queue(_ phase: Phase, _ isDue: Bool) {
        var list = list(phase)
        list.queueLookedAt()
        list.lookAtQueueSoon()
        #expect(list.queueIsDue == isDue)
    }
}
