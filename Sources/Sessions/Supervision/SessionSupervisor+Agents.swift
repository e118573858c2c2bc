import AgentProtocol
import Settings

// Agents that take too long: background work, turns that do not stop, silence.
extension SessionSupervisor {
    /// Stops background work that runs longer than allowed, and ends a session that stayed idle.
    func lookAtBackground(_ session: Session) async throws {
        let state = session.state
        // Background work is known only while the runner reports.
        let heard = signals.lastHeard(session.id) ?? 0
        guard state.phase.isRunning, now() - heard < timing.silence else { return }
        // The runner was heard after this wait and reported no new turn.
        if let since = state.idleSince, heard - since >= timing.followingUp { try await changes.apply(.stayedIdle, to: session.id) }
        guard let background = state.background, background.isRunning else { return }
        if let stop = background.stop {
            if now() - stop.at >= timing.stoppingBackground { try await changes.apply(.backgroundGoesOn, to: session.id) }
        } else if state.current == nil, let since = background.since,
            now() - (signals.pulse(of: session.id)?.lastBackgroundLook ?? 0) >= timing.lookingAtBackground
        {
            signals.update { list in
                var pulse = list[session.id].pulse ?? Pulse(now: now())
                pulse.lastBackgroundLook = now()
                list[session.id].pulse = pulse
            }
            let minutes = try await settings.integer(.backgroundMinutes, project: session.project, user: session.user)
            if now() - since >= Int64(minutes) * 60_000 { try await changes.apply(.backgroundOverdue(minutes: minutes), to: session.id) }
        }
    }

    /// Reports an agent that was asked to stop its turn and has not.
    func lookForIgnoredStop(_ session: Session) async throws {
        guard let prompt = session.state.current, let turn = session.state.turn, let asked = turn.stopAsked, turn.ignoresStop != true,
            // The agent's activity is known only while the runner reports.
            now() - (signals.lastHeard(session.id) ?? 0) < timing.silence, now() - asked >= timing.stoppingTurn
        else { return }
        try await changes.apply(.turnGoesOn(prompt), to: session.id)
    }

    /// Does what the settings say about an agent that is silent for too long. If stopping its turn does not help, the session is ended
    /// after the same time again.
    func lookForSilence(_ session: Session) async throws {
        guard let prompt = session.state.current, let pulse = signals.pulse(of: session.id),
            now() - pulse.lastLook >= timing.lookingForSilence,
            now() - pulse.lastSign >= timing.shortestSilence
        else { return }
        signals.update { $0[session.id].pulse?.lastLook = now() }
        // The agent's activity is known only while the runner reports.
        guard now() - (signals.lastHeard(session.id) ?? 0) < timing.silence, let activity = status.activity(of: session),
            activity.kind == .silent,
            now() - activity.since >= timing.shortestSilence
        else { return }
        let minutes = try await settings.integer(.stuckMinutes, project: session.project, user: session.user)
        let act = StuckAct(rawValue: try await settings.text(.whenStuck, project: session.project, user: session.user)) ?? .tell
        let limit = Int64(minutes) * 60_000
        let isLogged = session.state.turn?.isStuck == true
        if !isLogged, now() - activity.since >= limit {
            try await changes.apply(.stuck(prompt, sentence: activity.sentence, act), to: session.id)
        } else if isLogged, act == .cancelTurn, now() - activity.since >= 2 * limit {
            try await changes.apply(.stuck(prompt, sentence: activity.sentence, .cancelSession), to: session.id)
        }
    }
}
