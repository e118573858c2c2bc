import AgentProtocol
import Credentials
import Synchronization
import Testing

@testable import Sessions

@Suite("Changes of sessions")
struct SessionChangesTests {
    @Test("Callers at one session come one after another in their order, and those of another session do not wait")
    func order() async throws {
        let order = ChangeOrder()
        let signals = Signals()
        let (first, other) = (SessionID(rawValue: "s_1"), SessionID(rawValue: "s_2"))
        let log = OrderLog()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await order.run(at: first) {
                    await signals.send("inside")
                    await signals.wait(for: "go on")
                    log.add(1)
                }
            }
            await signals.wait(for: "inside")
            group.addTask { await order.run(at: first) { log.add(2) } }
            await order.run(at: other) { log.add(0) }
            await signals.send("go on")
            try await group.waitForAll()
        }
        #expect(log.numbers == [0, 1, 2])
    }

    @Test("A body that throws lets the next caller in")
    func failure() async {
        struct Refused: Error {}
        let order = ChangeOrder()
        let session = SessionID(rawValue: "s_1")
        await #expect(throws: Refused.self) { try await order.run(at: session) { throw Refused() } }
        #expect(await order.run(at: session) { true })
    }

    @Test("What the gateway remembers of a session is dropped when its access ends, and not before")
    func access() async throws {
        try await SessionsFixture.with { fixture in
            let session = try await fixture.ready()
            #expect(fixture.access.invalidated(session) == 0, "Its agent is at work")
            let beside = try await fixture.ready()
            try await fixture.sessions.commands.cancel(session, by: fixture.user)
            #expect(fixture.access.invalidated(session) > 0)
            #expect(fixture.access.invalidated(beside) == 0)
        }
    }

    @Test("Work is requested in the order in which a session's changes are committed")
    func work() async {
        let clock = TestClock()
        let signals = SessionSignals(clock: SessionClock(wall: { clock.now }, steady: { clock.steady }), timing: Timing())
        let session = SessionID(rawValue: "s_1")
        var state = SessionState(ending: .onRequest)
        state.phase = .preparing
        signals.committed(SessionStore.Change(state: state, effects: [.prepare]), of: session)
        #expect(signals.isWorkedOn(session), "Before it has begun")
        state.phase = .cancelled
        signals.committed(
            SessionStore.Change(state: state, effects: [.abandonPreparation, .cleanUp(keepingWorkspace: false)]), of: session)
        var pieces: [String] = []
        for await item in signals.work {
            switch item.piece {
            case .prepare: pieces.append("prepare")
            case .abandonPreparation: pieces.append("abandon")
            case .cleanUp: pieces.append("clean up")
            case .launch, .recordDeath, .salvage: Issue.record("Nothing asked for it")
            }
            if pieces.count == 3 { break }
        }
        #expect(pieces == ["prepare", "abandon", "clean up"])
    }
}

/// Numbers in the order in which they were added.
private final class OrderLog: Sendable {
    private let list = Mutex<[Int]>([])
    var numbers: [Int] { list.withLock { $0 } }

    func add(_ number: Int) { list.withLock { $0.append(number) } }
}
