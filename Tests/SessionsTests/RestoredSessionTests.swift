import Accounts
import AgentProtocol
import Testing
import Workspaces

@testable import Sessions

@Suite("Sessions in a backup")
struct RestoredSessionTests {
    private static let workspace = PreparedWorkspace(base: "abc", defaultBranch: "main", notes: [])
    private static let project = ProjectID(rawValue: "p_1")
    private static let one = PromptID(rawValue: "t_1")
    private static let result = WorkspaceResult(branch: "sam/x", base: "abc", commit: "def", commits: 1, project: project)

    private static let toReady: [SessionInput] = [
        .slotFreed([]), .prepared(workspace), .agent(.agentStarted(AgentStart(sandbox: "x"))), .agent(.handshake(AgentIdentity(name: "a"))),
    ]
    private static let toWorking: [SessionInput] = [.prompt(one)] + toReady + [.agent(.turnStarted(Turn(prompt: one)))]
    private static let exit = SessionInput.agent(.agentExited(AgentExit(.finished, "m")))

    private func take(_ inputs: [SessionInput]) -> SessionState {
        inputs.reduce(SessionState(ending: .whenIdle)) { SessionReducer.reduce($0, $1, now: 1_000).state }
    }

    /// How far a session had come when the backup was made, and what it is after the restore.
    static let cases: [(name: String, inputs: [SessionInput], phase: Phase)] = [
        ("queued", [.prompt(one)], .failed),
        ("preparing", [.prompt(one), .slotFreed([])], .failed),
        ("booting", [.prompt(one)] + toReady.prefix(2), .failed),
        ("starting", [.prompt(one)] + toReady.prefix(3), .interrupted),
        ("ready", toReady, .interrupted),
        ("working", toWorking, .interrupted),
        (
            "asking", toWorking + [.asked(OpenQuestion(id: "q", text: "?", suggestions: [], until: 5_000))],
            .interrupted
        ),
        ("silent", toWorking + [.runnerSilent], .interrupted),
        ("dead, being salvaged", toWorking + [.runnerDied], .interrupted),
        ("finishing", toReady, .interrupted),
        ("finishing, being salvaged", toWorking + [.agent(.turnEnded(TurnEnd(prompt: one, stopReason: "end_turn"))), exit], .interrupted),
        ("cancelled, its agent still there", toWorking + [.cancelRequested], .cancelled),
        ("failed, its agent still there", Array(toReady.prefix(3)) + [.deadlinePassed], .interrupted),
        ("cancelled before it began", [.prompt(one), .cancelRequested], .cancelled),
    ]

    @Test("What was under way is over, never completed, and nothing is waited for", arguments: cases.indices)
    func underWay(_ index: Int) throws {
        let (name, inputs, phase) = Self.cases[index]
        let before = take(inputs)
        let outcome = SessionReducer.reduce(before, .restored(Self.project), now: 2_000)
        let state = outcome.state
        #expect(state.phase == phase, "\(name)")
        #expect(state.isSettled && !state.holdsSlot, "\(name)")
        #expect(state.deadline == nil && state.current == nil && state.questions.isEmpty && state.runnerIsGone, "\(name)")
        #expect(outcome.effects.isEmpty && SessionReducer.resume(state).isEmpty, "\(name): nothing is to be done")
        #expect(!state.keepsWorkspace, "\(name): there is none")
        if phase == .failed { #expect(state.failure?.message.contains("restored from a backup") == true, "\(name)") }
        if phase == .interrupted {
            #expect(state.result?.notes.last?.contains("not in the backup") == true, "\(name)")
            #expect(state.result?.project == Self.project && state.result?.branch == nil, "\(name)")
        }
        // What was cancelled with its session is not uncertain.
        if before.current != nil, before.phase != .cancelled { #expect(outcome.log.contains(.prompt(Self.one, .uncertain)), "\(name)") }
        // Whatever comes late changes nothing.
        for late in [SessionInput.runnerReturned, .runnerDied, .deadlinePassed, .cancelRequested, .slotFreed([]), Self.exit] {
            #expect(SessionReducer.reduce(state, late, now: 3_000).state.phase == phase, "\(name): \(late)")
        }
    }

    @Test("What was brought out before stays known while it was to be brought out again")
    func salvagedAgain() {
        var remaining = Self.result
        remaining.remaining = ["x"]
        let state = take(
            Self.toWorking + [.runnerDied, .salvaged(remaining), .cleanedUp, .salvageRequested, .restored(Self.project)])
        #expect(state.result?.branch == "sam/x" && state.isSettled)
        #expect(state.result?.notes.last?.contains("not in the backup") == true)
    }

    @Test("A workspace that was kept is not waited for: what stood in it alone is named, and the session can be gone on with")
    func kept() {
        var remaining = Self.result
        remaining.remaining = ["two files"]
        let left = take(Self.toWorking + [.runnerDied, .salvaged(remaining), .cleanedUp, .restored(Self.project)])
        #expect(left.result?.branch == "sam/x" && left.result?.remaining == [] && !left.keepsWorkspace && left.isSettled)
        #expect(left.result?.notes.contains("Not brought out: two files") == true)
        let failed = take(Self.toWorking + [.runnerDied, .salvageFailed("no room"), .cleanedUp, .restored(Self.project)])
        #expect(failed.phase == .interrupted && !failed.keepsWorkspace && failed.isSettled)
        #expect(failed.result?.notes.first?.contains("no room") == true && failed.result?.commit == "abc")
        let pending = take(Self.toWorking + [.runnerDied, .salvageFailed("no room"), .restored(Self.project)])
        #expect(!pending.keepsWorkspace && pending.isSettled)
    }

    @Test("A session that was over stays exactly as it was")
    func over() {
        let state = take(
            Self.toWorking + [
                .agent(.turnEnded(TurnEnd(prompt: Self.one, stopReason: "end_turn"))), Self.exit, .salvaged(Self.result), .cleanedUp,
            ])
        #expect(state.phase == .completed)
        let outcome = SessionReducer.reduce(state, .restored(Self.project), now: 2_000)
        #expect(outcome.state == state && outcome.log.isEmpty && outcome.effects.isEmpty)
    }
}
