import AgentProtocol

/// When a session has to be looked at next. Events report everything else, so only what time alone causes is looked for.
///
/// Pure: computes a time from what is known of a session. All times are in UTC milliseconds.
struct NextLook: Sendable {
    var state: SessionState
    var timing: Timing
    /// When its runner was last heard from.
    var lastHeard: Int64?
    /// When it was last checked whether its runner is alive.
    var lastLookAtRunner: Int64?
    var pulse: Pulse?
    /// Whether a task works on the session; the supervisor is notified when the task ends.
    var isWorkedOn: Bool
    /// Whether the supervisor is notified when its runner ends.
    var isRunnerWatched: Bool

    /// The time of the next look, which may be past; `nil` when time alone changes nothing.
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
        // Only once the runner was heard from after that time; until then, each of its messages triggers a look.
        if let since = state.idleSince, let lastHeard, lastHeard - since >= timing.followingUp { times.append(since + timing.followingUp) }
        if let background = state.background, background.isRunning {
            if let stop = background.stop {
                times.append(stop.at + timing.stoppingBackground)
            } else if state.current == nil, background.since != nil {
                // Looks repeatedly, because the allowed time is a setting that can change meanwhile.
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
    /// Whether the session is interrupted when its runner falls silent.
    var canBeInterrupted: Bool { phase.hasRunner && phase != .booting && phase != .interrupted }
}
