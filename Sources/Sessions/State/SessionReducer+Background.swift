import AgentProtocol
import Wording

// Work that runs beside the answers to prompts, and after them.
extension SessionReducer {
    mutating func background(_ work: BackgroundWork) {
        let now = now
        changeBackground { $0.take(work, now: now) }
    }

    mutating func followUpStarted(_ turn: Turn) {
        changeBackground { $0.followUp = turn.prompt }
    }

    /// Its error counts for the session only if no later turn follows.
    mutating func followUpEnded(_ end: TurnEnd) {
        state.followUpError = end.error
        changeBackground { $0.followUp = nil }
    }

    private mutating func changeBackground(_ change: (inout BackgroundState) -> Void) {
        var background = state.background ?? BackgroundState()
        change(&background)
        if let stop = background.stop, !background.isRunning(stop) { background.stop = nil }
        state.background = background
        settle()
    }

    /// Adjusts the phase to what runs, and continues with the next step.
    mutating func settle() {
        guard state.phase.isRunning else { return }
        let isFollowingUp = state.background?.isRunning == true
        if state.isAnswering || isFollowingUp { state.idleSince = nil }
        if let idleSince = state.background?.idleSince, isFollowingUp {
            // Only a longer pause resets the time, so that an agent that restarts work again and again gets no extra time.
            if now - idleSince > timing.pausing { state.background?.since = nil }
            state.background?.idleSince = nil
        } else if !isFollowingUp, state.background != nil, state.background?.idleSince == nil {
            state.background?.idleSince = now
        }
        if isFollowingUp, state.current == nil, state.background?.since == nil { state.background?.since = now }
        if !isFollowingUp, state.current == nil {
            state.turn = nil
            dropQuestions()
        }
        enter(state.isAnswering || isFollowingUp ? .working : .ready)
        advance()
    }

    /// Asks background work to stop that has run for as long as allowed without a prompt.
    mutating func backgroundOverdue(_ minutes: Int) {
        guard state.phase.isRunning, state.current == nil, var background = state.background, background.isRunning,
            background.stop == nil
        else { return }
        background.stop = BackgroundState.Stop(at: now, tasks: background.awaited.map(\.id), followUp: background.followUp)
        // Logged once for each prompt: an agent can start new work again and again.
        if !background.isOverdue {
            let names = BackgroundState.names(of: background.awaited, followUp: background.followUp != nil)
            let time = "After \(minutes.of("minute")) without a prompt, the time of agents.backgroundMinutes"
            log.append(.note("\(time), these were asked to stop: \(names)."))
        }
        background.isOverdue = true
        state.background = background
        effects.append(.send(.stopBackground))
    }

    /// Stops waiting for background work that ignored a request to stop. The session's end will stop it.
    mutating func backgroundGoesOn() {
        guard var background = state.background, let stop = background.stop, now - stop.at >= timing.stoppingBackground else { return }
        let left = background.awaited.filter { stop.tasks.contains($0.id) }
        let goesOn = background.followUp != nil && background.followUp == stop.followUp
        background.writtenOff += left.map(\.id)
        if goesOn { background.followUp = nil }
        background.stop = nil
        if goesOn || !left.isEmpty {
            let names = BackgroundState.names(of: left, followUp: goesOn)
            log.append(.note("The session no longer waits for what was asked to stop and keeps running: \(names)."))
        }
        state.background = background
        settle()
    }
}

extension BackgroundState {
    /// Whether any of the work that was asked to stop still runs.
    fileprivate func isRunning(_ stop: Stop) -> Bool {
        followUp != nil && followUp == stop.followUp || awaited.contains { stop.tasks.contains($0.id) }
    }
}
