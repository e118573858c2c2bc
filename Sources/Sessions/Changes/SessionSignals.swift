import AgentProtocol
import Synchronization

/// Where commands, intake, work and supervision meet: who changes a session signals it here, and supervision and work follow.
///
/// It is made before all of them and calls none, so they need not know each other. Thread-safe.
final class SessionSignals: Sendable {
    private let list: Mutex<Watchlist>
    let clock: SessionClock
    let ticker = Ticker()
    /// Yields when the supervisor has something to do before the time that it planned. For the supervisor alone.
    let wakes: AsyncStream<Void>
    /// The work that committed changes ask for, in the order in which they were committed. For ``SessionWork`` alone.
    let work: AsyncStream<WorkItem>
    private let waker: AsyncStream<Void>.Continuation
    private let workSender: AsyncStream<WorkItem>.Continuation

    init(clock: SessionClock, timing: Timing) {
        self.clock = clock
        list = Mutex(Watchlist(timing: timing))
        (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (work, workSender) = AsyncStream.makeStream(of: WorkItem.self)
    }

    /// The time, in UTC milliseconds.
    func now() -> Int64 { clock.now }

    /// Reads or changes what is known in memory, and wakes the supervisor if that makes something due earlier.
    @discardableResult
    func update<Result: Sendable>(_ body: (inout Watchlist) -> Result) -> Result {
        let (result, wakes) = list.withLock { list in
            let result = body(&list)
            return (result, list.takeWake())
        }
        if wakes { waker.yield() }
        return result
    }

    /// Adopts the time of the machine's clock and shifts all that is known by as much. One step: a time that is recorded between the two
    /// would be shifted twice.
    ///
    /// - Returns: by how much the clock was set, in milliseconds, and the sessions that are not settled; `nil` when it was only corrected.
    @discardableResult
    func takeOverClock() -> (moved: Int64, sessions: [SessionID])? {
        update { list in
            guard let moved = clock.takeOver() else { return nil }
            list.move(by: moved)
            return (moved, list.states.keys.sorted { $0.rawValue < $1.rawValue })
        }
    }

    /// Wakes the supervisor.
    func wake() { waker.yield() }

    // MARK: - Of one session

    /// Passes on a committed change. Call it for one session's changes in the order in which they were committed.
    func committed(_ change: SessionStore.Change, of session: SessionID) {
        ticker.tick(session)
        start(change.effects, of: session)
        update { $0.keep(change.state, of: session, now: now()) }
    }

    /// Requests the work that effects stand for.
    func start(_ effects: [SessionEffect], of session: SessionID) {
        for effect in effects {
            switch effect {
            case .prepare: request(.prepare, for: session)
            case .abandonPreparation: workSender.yield(WorkItem(session: session, piece: .abandonPreparation))
            case .launch(let attempt):
                heard(session)
                request(.launch(attempt: attempt), for: session)
            case .salvage: request(.salvage, for: session)
            case .cleanUp(let keepingWorkspace): request(.cleanUp(keepingWorkspace: keepingWorkspace), for: session)
            case .send, .deliver:
                // Stored for the runner together with the state; the tick has woken the connection that carries it.
                break
            }
        }
    }

    /// Requests that what a dead runner left is stored and its death recorded. In the background, because there can be a lot to store.
    func runnerDied(of session: Session) {
        guard update({ $0.runnerDied(of: session.id) }) else { return }
        request(.recordDeath(session), for: session.id)
    }

    private func request(_ piece: WorkItem.Piece, for session: SessionID) {
        update { $0.workAdded(to: session) }
        workSender.yield(WorkItem(session: session, piece: piece))
    }

    /// Records that a piece of work has ended.
    func workEnded(for session: SessionID) { update { $0.workEnded(for: session, now: now()) } }

    /// Whether work waits or runs for a session.
    func isWorkedOn(_ session: SessionID) -> Bool { update { $0.isWorkedOn(session) } }

    /// Records that a session's runner was heard from, or that the time to hear from it starts now.
    func heard(_ session: SessionID) { update { $0[session].lastHeard = now() } }

    /// Records a heartbeat of a session's runner.
    ///
    /// - Returns: the session's last committed state, if it is known in memory.
    func heard(_ session: SessionID, _ heartbeat: Heartbeat?) -> SessionState? {
        update { list in
            let now = now()
            list[session].lastHeard = now
            if let heartbeat {
                var pulse = list[session].pulse ?? Pulse(now: now)
                pulse.beat(heartbeat, now: now)
                list[session].pulse = pulse
            }
            return list.states[session]
        }
    }

    /// When a session's runner was last heard from.
    func lastHeard(_ session: SessionID) -> Int64? { update { $0[session].lastHeard } }

    /// When a session's agent last showed activity; `nil` when nothing is known of it.
    func pulse(of session: SessionID) -> Pulse? { update { $0[session].pulse } }

    /// Plans the next look at a session.
    func plan(_ session: SessionID, notBefore earliest: Int64 = .min) {
        update { $0.plan(session, notBefore: earliest, now: now()) }
    }

    /// Records that a session's agent reported events.
    func reported(_ session: SessionID) {
        update { list in
            var pulse = list[session].pulse ?? Pulse(now: now())
            pulse.told(now: now())
            list[session].pulse = pulse
        }
    }

    /// Records that a person wrote to a session's agent. It may have waited for that, so its silence counts from now.
    func steered(_ session: SessionID) { update { $0[session].pulse?.told(now: now()) } }

    /// Records that a session can't be read any more, or that it was removed.
    func forget(_ session: SessionID) { update { $0.forget(session) } }

    // MARK: - Of all sessions

    /// Whether nothing is left to do for any session that can be read.
    var isAtRest: Bool { update { $0.states.isEmpty } }

    /// Requests a look at the queue now rather than at the next tick.
    func wakeQueue() { update { $0.wakeQueue() } }
}
