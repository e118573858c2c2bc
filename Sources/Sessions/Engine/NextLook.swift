import AgentProtocol

/// When a session has to be looked at next. What happens to it by itself is told by events; only what time alone brings is looked for.
///
/// Pure: from what is known of a session to a moment. All times are in UTC milliseconds.
struct NextLook: Sendable {
    var state: SessionState
    var timing: Timing
    /// When its runner was heard last.
    var lastHeard: Int64?
    /// When it was last looked whether its runner lives.
    var lastLookAtRunner: Int64?
    var pulse: Pulse?
    /// Whether something is being done for it; the end of that is told.
    var isWorkedOn: Bool
    /// Whether the end of its runner is told.
    var isRunnerWatched: Bool

    /// The moment, which may be past; `nil` when time alone brings nothing.
    func time(now: Int64) -> Int64? {
        var times: [Int64?] = [state.deadline?.at]
        if !isWorkedOn, !SessionReducer.resume(state).isEmpty { times.append(now) }
        times += state.questions.map { $0.kind == .text ? $0.until : nil }
        if state.phase.isRunning { times += whileRunning(now) }
        if (state.phase.hasRunner || state.awaitsRunner) && !state.runnerIsGone && state.salvage == .none { times += ofRunner(now) }
        return times.compactMap(\.self).min()
    }

    private func whileRunning(_ now: Int64) -> [Int64?] {
        var times: [Int64?] = []
        // Until the runner was heard after the wait, nothing follows from it, and each word of the runner's is told.
        if let since = state.idleSince, let lastHeard, lastHeard - since >= timing.followingUp { times.append(since + timing.followingUp) }
        if let background = state.background, background.isRunning {
            if let stop = background.stop {
                times.append(stop.at + timing.stoppingBackground)
            } else if state.current == nil, background.since != nil {
                // How long it may run is a setting, which can change meanwhile.
                times.append((pulse?.lastBackgroundLook ?? now) + timing.lookingAtBackground)
            }
        }
        if state.current != nil {
            if let turn = state.turn, let asked = turn.stopAsked, turn.ignoresStop != true { times.append(asked + timing.stoppingTurn) }
            if let pulse { times.append(max(pulse.lastLook + timing.lookingForSilence, pulse.lastSign + timing.shortestSilence)) }
        }
        return times
    }

    private func ofRunner(_ now: Int64) -> [Int64?] {
        let heard = lastHeard ?? now
        var times: [Int64?] = []
        if state.canBeInterrupted { times.append(heard + timing.silence + 1) }
        guard !isRunnerWatched else { return times }
        let nextLook = lastLookAtRunner.map { $0 + timing.looking } ?? now
        if state.runnerHasSpoken {
            times.append(nextLook)
        } else if !isWorkedOn {
            times.append(max(nextLook, heard + timing.launching + 1))
        }
        return times
    }
}

extension SessionState {
    /// Whether the silence of its runner interrupts the session.
    var canBeInterrupted: Bool { phase.hasRunner && phase != .booting && phase != .interrupted }
}
