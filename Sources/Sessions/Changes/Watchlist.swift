import AgentProtocol

/// What is known in memory of the sessions that are not settled, and when each is looked at next. All of it can be rebuilt from the
/// database.
///
/// Pure: it takes facts and gives times. All times are in UTC milliseconds.
struct Watchlist: Sendable {
    /// What is known of one session beside its state.
    struct Facts: Sendable {
        /// When its runner was last heard from.
        var lastHeard: Int64?
        /// When it was last checked whether its runner is alive.
        var lastLookAtRunner: Int64?
        /// The attempt whose runner's end is waited for.
        var watchedAttempt: Int?
        var pulse: Pulse?
    }

    let timing: Timing
    /// The last committed states of the sessions that are not settled.
    private(set) var states: [SessionID: SessionState] = [:]
    /// When each session is due to be looked at.
    private(set) var schedule = Schedule()
    private var facts: [SessionID: Facts] = [:]
    /// How many pieces of work wait or run for a session. Work can outlast the session.
    private var work: [SessionID: Int] = [:]
    /// Sessions whose runners are dead and whose spools are being stored.
    private var bereaved: Set<SessionID> = []
    /// Sessions that are not settled and whose rows can't be read.
    var unreadable: Set<SessionID> = []
    /// When the supervisor wakes by itself.
    var armedFor = Int64.max
    var nextTick: Int64 = 0
    var nextLookAtAll: Int64 = 0
    /// Whether a queued session may be able to start.
    private(set) var queueIsDue = true
    /// Whether a user may have left a project or been disabled.
    private(set) var peopleHaveChanged = true
    /// Whether the supervisor has to wake earlier than it planned.
    private var wakes = false

    init(timing: Timing) {
        self.timing = timing
    }

    /// What is known of a session.
    subscript(session: SessionID) -> Facts {
        get { facts[session] ?? Facts() }
        set { facts[session] = newValue }
    }

    /// Whether work waits or runs for a session.
    func isWorkedOn(_ session: SessionID) -> Bool { work[session] != nil }

    // MARK: - What happens to sessions

    /// Takes over a committed state, and plans the next look at the session.
    mutating func keep(_ state: SessionState, of session: SessionID, now: Int64) {
        guard !state.isSettled else { return forget(session) }
        states[session] = state
        plan(session, now: now)
    }

    /// Drops what is known of a session. Its slot may be free now.
    mutating func forget(_ session: SessionID) {
        states[session] = nil
        schedule[session] = nil
        facts[session] = nil
        wakeQueue()
    }

    /// Drops what is known of sessions without a state.
    mutating func forgetStrangers() {
        facts = facts.filter { states[$0.key] != nil }
    }

    mutating func workAdded(to session: SessionID) { work[session, default: 0] += 1 }

    mutating func workEnded(for session: SessionID, now: Int64) {
        guard let count = work[session] else { return }
        work[session] = count > 1 ? count - 1 : nil
        if count == 1 { plan(session, now: now) }
    }

    /// Records that a session's runner is dead.
    ///
    /// - Returns: `false` when its spool is being stored already.
    mutating func runnerDied(of session: SessionID) -> Bool { bereaved.insert(session).inserted }

    mutating func deathRecorded(of session: SessionID) { bereaved.remove(session) }

    // MARK: - When to look

    /// Plans the next look at a session.
    mutating func plan(_ session: SessionID, notBefore earliest: Int64 = .min, now: Int64) {
        guard let state = states[session] else {
            schedule[session] = nil
            return
        }
        let facts = self[session]
        let next = NextLook(
            state: state, timing: timing, lastHeard: facts.lastHeard, lastLookAtRunner: facts.lastLookAtRunner, pulse: facts.pulse,
            isWorkedOn: isWorkedOn(session), isRunnerWatched: facts.watchedAttempt == state.attempt)
        let time = next.time(now: now).map { max($0, earliest) }
        schedule[session] = time
        if let time, time < armedFor { wakes = true }
    }

    /// Removes and returns the sessions that are due, the longest overdue first.
    mutating func takeDue(at now: Int64) -> [SessionID] { schedule.takeDue(at: now) }

    /// Requests a look at the queue now rather than at the next tick.
    mutating func wakeQueue() {
        queueIsDue = true
        wakes = true
    }

    /// Requests a look at the queue before the next tick.
    mutating func retryQueue(now: Int64) { nextTick = min(nextTick, now + timing.looking) }

    /// Requests a look at the queue with the next look, whenever that is, if a session waits in it.
    mutating func lookAtQueueSoon() {
        queueIsDue = queueIsDue || states.values.contains { $0.phase == .queued }
    }

    mutating func queueLookedAt() { queueIsDue = false }

    /// Requests a check of who may have sessions.
    mutating func peopleChanged() {
        peopleHaveChanged = true
        wakes = true
    }

    /// Requests that check with the next look, whenever that is.
    mutating func retryPeople() { peopleHaveChanged = true }

    /// Whether a check of who may have sessions was requested since the last call.
    mutating func takePeople() -> Bool {
        defer { peopleHaveChanged = false }
        return peopleHaveChanged
    }

    /// Whether the supervisor has to be woken because of what changed since the last call.
    mutating func takeWake() -> Bool {
        defer { wakes = false }
        return wakes
    }

    /// Shifts all times after the clock was set.
    mutating func move(by milliseconds: Int64) {
        for session in facts.keys {
            facts[session]?.lastHeard? += milliseconds
            facts[session]?.lastLookAtRunner? += milliseconds
            facts[session]?.pulse?.move(by: milliseconds)
        }
        schedule.move(by: milliseconds)
        nextTick += milliseconds
        nextLookAtAll += milliseconds
    }
}
