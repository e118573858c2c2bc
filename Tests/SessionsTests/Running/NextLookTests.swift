import AgentProtocol
import Testing
import Workspaces

@testable import Sessions

@Suite("When a session is looked at")
struct NextLookTests {
    /// A state of which time alone brings something, or nothing, and after how long.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var state: SessionState
        var lastHeard: Int64 = now
        var lastLookAtRunner: Int64?
        var pulse: Pulse?
        var isWorkedOn = false
        var isWatched = true
        var expected: Int64?
    }

    static let now: Int64 = 1_000_000
    static let timing = Timing()

    private static func state(_ phase: Phase, _ change: (inout SessionState) -> Void = { _ in }) -> SessionState {
        var state = SessionState(ending: .onRequest)
        state.phase = phase
        state.attempt = 1
        state.runnerHasSpoken = true
        change(&state)
        return state
    }

    private static func background(_ change: (inout BackgroundState) -> Void) -> BackgroundState {
        var background = BackgroundState()
        background.take(BackgroundWork(tasks: [.init(id: "b", kind: .command, title: "b")]), now: now)
        change(&background)
        return background
    }

    static let cases: [Case] = [
        Case(testDescription: "one that waits in line is never", state: state(.queued) { $0.attempt = 0 }),
        Case(
            testDescription: "one whose workspace is made is at its deadline",
            state: state(.preparing) { $0.deadline = .init(at: now + 77, wait: 100, waitingFor: "x") }, isWorkedOn: true, expected: 77),
        Case(testDescription: "one whose workspace nobody makes is now", state: state(.preparing), expected: 0),
        Case(testDescription: "one that is ready is when its runner is silent", state: state(.ready), expected: timing.silence + 1),
        Case(
            testDescription: "one whose runner was heard a while ago is earlier", state: state(.ready), lastHeard: now - 4_000,
            expected: timing.silence + 1 - 4_000),
        Case(
            testDescription: "one whose runner's end is not told is a second after the last look", state: state(.ready),
            lastLookAtRunner: now - 300, isWatched: false, expected: timing.looking - 300),
        Case(testDescription: "one whose runner was never looked at is now", state: state(.ready), isWatched: false, expected: 0),
        Case(
            testDescription: "one whose runner did not speak yet is when it should have its lock",
            state: state(.booting) { $0.runnerHasSpoken = false }, isWatched: false, expected: timing.launching + 1),
        Case(
            testDescription: "one whose runner is being started is not", state: state(.booting) { $0.runnerHasSpoken = false },
            isWorkedOn: true, isWatched: false),
        Case(
            testDescription: "one that asks is when nobody answered in time",
            state: state(.working) { $0.questions = [OpenQuestion(id: "q", text: "?", suggestions: [], until: now + 500)] }, expected: 500),
        Case(
            testDescription: "one whose agent answers is when it may be silent for too long",
            state: state(.working) { $0.current = PromptID(rawValue: "t_1") }, pulse: Pulse(now: now - 55_000), expected: 5_000),
        Case(
            testDescription: "one whose agent was asked to stop is when it should have",
            state: state(.working) {
                $0.current = PromptID(rawValue: "t_1")
                $0.turn = .init(stopAsked: now - 6_000)
            }, expected: timing.stoppingTurn - 6_000),
        Case(
            testDescription: "one whose background work was asked to stop is when it should have",
            state: state(.working) { $0.background = background { $0.stop = .init(at: now - 25_000, tasks: ["b"]) } },
            expected: timing.stoppingBackground - 25_000),
        Case(
            testDescription: "one with background work alone is a few seconds after the last look",
            state: state(.working) { $0.background = background { $0.since = now } }, expected: timing.lookingAtBackground),
        Case(
            testDescription: "one that is idle is once its runner was heard after the wait",
            state: state(.ready) { $0.idleSince = now - 2_500 }, expected: timing.followingUp - 2_500),
        Case(
            testDescription: "one that is over and not cleaned up is now",
            state: state(.failed) { $0.runnerIsGone = true }, expected: 0),
        Case(
            testDescription: "one that is over and cleaned up never is",
            state: state(.completed) {
                $0.runnerIsGone = true
                $0.isCleanedUp = true
            }),
        Case(
            testDescription: "one that is cancelled while its runner ends is at its deadline",
            state: state(.cancelled) { $0.deadline = .init(at: now + 20_000, wait: 20_000, waitingFor: "x") }, expected: 20_000),
    ]

    @Test("A session is due when time alone may bring something, and no earlier", arguments: cases)
    func times(_ look: Case) {
        let next = NextLook(
            state: look.state, timing: Self.timing, lastHeard: look.lastHeard, lastLookAtRunner: look.lastLookAtRunner, pulse: look.pulse,
            isWorkedOn: look.isWorkedOn, isRunnerWatched: look.isWatched)
        #expect(next.time(now: Self.now).map { $0 - Self.now } == look.expected)
    }

    @Test("What is due is taken out of the schedule, the longest overdue first, and the rest stays")
    func schedule() {
        var schedule = Schedule()
        let (one, two, three) = (SessionID(rawValue: "s_1"), SessionID(rawValue: "s_2"), SessionID(rawValue: "s_3"))
        schedule[one] = 20
        schedule[two] = 10
        schedule[three] = 30
        #expect(schedule.earliest == 10)
        #expect(schedule.takeDue(at: 9) == [])
        #expect(schedule.takeDue(at: 20) == [two, one])
        #expect(schedule.earliest == 30)
        schedule.move(by: -15)
        #expect(schedule.earliest == 15)
        schedule[three] = nil
        #expect(schedule.earliest == nil)
    }
}
