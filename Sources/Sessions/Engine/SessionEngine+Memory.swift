import AgentProtocol

// What the engine keeps in memory about sessions that are not settled. All of it can be rebuilt from the database.
extension SessionEngine {
    /// Whether nothing is left to do for any session that can be read.
    public var isAtRest: Bool { states.isEmpty }

    /// Keeps what was committed in mind, and when to look at it.
    func keep(_ state: SessionState, of session: SessionID) {
        guard !state.isSettled else { return forget(session) }
        states[session] = state
        plan(session)
    }

    /// What is over costs nothing.
    func forget(_ session: SessionID) {
        states[session] = nil
        schedule[session] = nil
        lastHeard[session] = nil
        lastLookAtRunner[session] = nil
        watched[session] = nil
        pulses[session] = nil
        hurry()
    }

    /// Plans the next look at a session.
    func plan(_ session: SessionID, notBefore earliest: Int64 = .min) {
        guard let state = states[session] else {
            schedule[session] = nil
            return
        }
        let next = NextLook(
            state: state, timing: timing, lastHeard: lastHeard[session], lastLookAtRunner: lastLookAtRunner[session],
            pulse: pulses[session],
            isWorkedOn: work[session] != nil, isRunnerWatched: watched[session] == state.attempt)
        let time = next.time(now: now()).map { max($0, earliest) }
        schedule[session] = time
        if let time, time < armedFor { waker.yield() }
    }

    /// Looks at the queue now rather than at the next tick.
    func hurry() {
        queueIsDue = true
        waker.yield()
    }

    /// Who may have sessions has changed.
    func lookAtPeople() {
        peopleHaveChanged = true
        waker.yield()
    }
}
