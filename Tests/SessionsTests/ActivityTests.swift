import AgentProtocol
import Testing
import Workspaces

@testable import Sessions

@Suite("What an agent does, by evidence")
struct ActivityTests {
    private static let now: Int64 = 1_000_000

    @Test(
        "What it does follows from its last word, its open requests, and its processor time",
        arguments: [
            (Evidence(lastEvent: now - 5_000, lastBusy: 0), .active, "working"),
            (
                Evidence(lastEvent: now - 40_000, lastBusy: 0, requestSince: now - 40_000), .thinking,
                "thinking (model request open for 40 s)"
            ),
            (
                Evidence(lastEvent: now - 40_000, lastBusy: now - 2_000), .active,
                "busy (no word for 40 s, but something of it uses the processor)"
            ),
            (Evidence(lastEvent: now - 300_000, lastBusy: now - 400_000), .silent, "silent for 5 min, no request open, no CPU"),
            (Evidence(lastEvent: now - 400_000, lastBusy: now - 300_000), .silent, "silent for 5 min, no request open, no CPU"),
            (Evidence(lastEvent: now - 400_000, lastBusy: 0, isAsking: true), .waiting, "waiting for an answer to its question"),
            (Evidence(lastEvent: now - 5_000, lastBusy: 0, requestSince: now - 4_000), .active, "working"),
        ] as [(Evidence, AgentActivity.Kind, String)])
    func activity(evidence: Evidence, kind: AgentActivity.Kind, sentence: String) {
        let activity = evidence.activity(now: Self.now)
        #expect(activity.kind == kind && activity.sentence == sentence)
    }

    @Test("It is busy when it uses more of the processor than an agent that waits")
    func pulse() {
        var pulse = Pulse(now: 0)
        func beat(_ cpu: Int64, _ now: Int64) { pulse.beat(Heartbeat(cpuMilliseconds: cpu), now: now) }
        beat(1_000, 2_000)
        #expect(pulse.lastBusy == 0, "One sample tells nothing")
        beat(1_050, 4_000)
        #expect(pulse.lastBusy == 0, "2.5 percent is what timers take")
        beat(1_250, 6_000)
        #expect(pulse.lastBusy == 6_000)
        beat(300, 8_000)
        #expect(pulse.lastBusy == 8_000, "Something that had used much has ended")
        beat(300, 10_000)
        #expect(pulse.lastBusy == 8_000)
        beat(300, 60_000)
        #expect(pulse.lastBusy == 60_000, "What happened while nothing was heard nobody knows")
    }

    @Test("A stuck agent is told of once a turn, and done with what the setting says", arguments: StuckAct.allCases)
    func stuck(act: StuckAct) {
        let one = PromptID(rawValue: "t_1")
        var state = SessionState(ending: .onRequest)
        let workspace = PreparedWorkspace(base: "abc", defaultBranch: "main", notes: [])
        for input: SessionInput in [
            .prompt(one), .slotFreed([]), .prepared(workspace), .agent(.agentStarted(AgentStart(sandbox: "x"))),
            .agent(.handshake(AgentIdentity(name: "a"))), .agent(.turnStarted(Turn(prompt: one))),
        ] { state = SessionReducer.reduce(state, input, now: 0).state }
        let other = SessionReducer.reduce(state, .stuck(PromptID(rawValue: "t_0"), sentence: "silent", act), now: 0)
        #expect(other.state == state, "Of another turn")
        let found = SessionReducer.reduce(state, .stuck(one, sentence: "silent", act), now: 0)
        #expect(found.log.first == .note("The agent seems to be stuck: silent."))
        switch act {
        case .tell: #expect(found.effects.isEmpty && found.state.phase == .working)
        case .cancelTurn: #expect(found.effects == [.send(.cancelTurn)] && found.state.phase == .working)
        case .cancelSession: #expect(found.effects == [.send(.stop)] && found.state.phase == .cancelled)
        }
        guard act != .cancelSession else { return }
        #expect(SessionReducer.reduce(found.state, .stuck(one, sentence: "silent", act), now: 0).log.isEmpty, "Once")
        let over = SessionReducer.reduce(found.state, .agent(.turnEnded(TurnEnd(prompt: one, stopReason: "cancelled"))), now: 0)
        #expect(over.state.turn == nil)
        #expect(SessionReducer.reduce(found.state, .runnerDied, now: 0).state.turn == nil, "Nor does it outlive its runner")
    }
}
