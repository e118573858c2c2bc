import AgentProtocol
import Logging
import Settings
import Store
import Workspaces

// Looking after the sessions that are not settled: what is left to do, deadlines, runners.
extension SessionEngine {
    /// Takes up what was recorded before the last stop. To be called once, before anyone can reach the engine.
    public func resume() async {
        do {
            let lastTick = try await sessions.lastTick()
            let unsettled = try await queries.unsettled()
            unreadable = Set(unsettled.unreadable.map(\.id))
            for session in unsettled.sessions { await takeUp(session, lastTick: lastTick) }
            // A layer may have changed just before the end of the one that was to see to it.
            try await permissionsChanged()
        } catch {
            logger.error("The sessions could not be taken up: \(error)")
        }
    }

    private func takeUp(_ session: Session, lastTick: Int64?) async {
        do {
            lastHeard[session.id] = now()
            pulses[session.id] = Pulse(now: now())
            // The server's own time limits do not run while it is away. When it was there last, the clock may have been another.
            let away = max(0, now() - max(lastTick ?? 0, session.updatedAt))
            let state = try await apply(.resumed(away: away), to: session.id)
            if state.phase.hasRunner, !state.runnerIsGone { try await endpoints.open(session.id) }
        } catch {
            logger.error("\(session.id.rawValue) could not be taken up: \(error)")
        }
    }

    /// Looks at every session that is not settled, and at who may run next.
    func supervise() async {
        await keepTime()
        do {
            let before = Set(states.keys)
            let unsettled = try await queries.unsettled()
            await takeUpMended(unsettled)
            // What was settled by another server, or removed.
            for gone in before.subtracting(unsettled.sessions.map(\.id)) where states[gone]?.isSettled == false { forget(gone) }
            for session in unsettled.sessions where states[session.id] == nil { keep(session.state, of: session.id) }
            lastHeard = lastHeard.filter { states[$0.key] != nil }
            pulses = pulses.filter { states[$0.key] != nil }
            try await endWithoutStarter()
            for session in unsettled.sessions { await look(at: session.id) }
        } catch {
            logger.error("Supervision: \(error)")
        }
        await lookAtQueue()
    }

    /// Looks at the sessions that are due, and at what has changed. The others cost nothing.
    func superviseDue() async {
        await keepTime()
        if now() >= nextLookAtAll || !unreadable.isEmpty && now() >= nextTick {
            nextLookAtAll = now() + timing.lookingAtAll
            await supervise()
        }
        if peopleHaveChanged {
            peopleHaveChanged = false
            // Those who follow a session look whether they still may.
            ticker.tickAll()
            do {
                try await endWithoutStarter()
            } catch {
                peopleHaveChanged = true
                logger.error("Supervision: \(error)")
            }
        }
        for session in schedule.takeDue(at: now()) { await look(at: session) }
        if queueIsDue { await lookAtQueue() }
        if now() >= nextTick { await tick() }
    }

    /// Every few seconds: that followers' lines stand, and that the sessions are looked after.
    private func tick() async {
        nextTick = now() + timing.ticking
        ticker.tickAll()
        // Settings and keys can change in ways that nothing here tells of.
        queueIsDue = queueIsDue || states.values.contains { $0.phase == .queued }
        await recordTick()
    }

    /// Writes down that the sessions are looked after, so that the next start knows since when they were not.
    func recordTick() async {
        guard states.values.contains(where: \.holdsSlot) else { return }
        do {
            try await sessions.tick()
        } catch {
            logger.error("That the sessions are looked after could not be written down: \(error)")
        }
    }

    /// Takes over what the machine's clock says. Where it was set, nothing that is waited for comes sooner or later by that.
    private func keepTime() async {
        guard let moved = clock.takeOver() else { return }
        logger.warning("The machine's clock was set by \(moved / 1_000) s. All waits have as much time left as before.")
        lastHeard = lastHeard.mapValues { $0 + moved }
        lastLookAtRunner = lastLookAtRunner.mapValues { $0 + moved }
        for session in pulses.keys { pulses[session]?.move(by: moved) }
        schedule.move(by: moved)
        nextTick += moved
        nextLookAtAll += moved
        for session in states.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            do {
                try await apply(.clockMoved(by: moved), to: session)
            } catch {
                logger.error("\(session.rawValue): \(error)")
            }
        }
    }

    /// Takes up sessions whose rows could not be read before and can be read now.
    private func takeUpMended(_ unsettled: StoredSessions) async {
        let mended = unsettled.sessions.filter { unreadable.contains($0.id) }
        unreadable = Set(unsettled.unreadable.map(\.id))
        for session in mended { await takeUp(session, lastTick: nil) }
    }

    /// Ends the sessions whose starters may not have them any more.
    private func endWithoutStarter() async throws {
        for session in try await queries.withoutStarter() where !unreadable.contains(session) {
            do {
                try await apply(.starterShutOut, to: session)
            } catch {
                logger.error("\(session.rawValue): \(error)")
            }
        }
    }

    /// Looks at a session. One in trouble does not keep the others from being looked after.
    private func look(at id: SessionID) async {
        do {
            try await supervise(try await queries.session(id))
        } catch let error as SessionsError where error.code == .notFound {
            return forget(id)
        } catch let error as SessionsError where error.code == .unreadable {
            unreadable.insert(id)
            return forget(id)
        } catch {
            logger.error("\(id.rawValue): \(error)")
        }
        plan(id, notBefore: now() + timing.pausingBetweenLooks)
    }

    private func supervise(_ session: Session) async throws {
        let state = session.state
        if work[session.id] == nil, !SessionReducer.resume(state).isEmpty { try await doAgain(session.id) }
        if let deadline = state.deadline, deadline.at <= now() {
            try await apply(.deadlinePassed, to: session.id)
            return
        }
        for question in state.questions where question.kind == .text && (question.until ?? .max) <= now() {
            try await apply(.questionExpired(question.id), to: session.id)
        }
        try await lookAfterBackground(session)
        try await lookForDeafness(session)
        try await lookForSilence(session)
        try await lookAtRunner(session)
    }

    /// Stops what runs beside the turns for longer than it may, and ends a session that stayed idle.
    private func lookAfterBackground(_ session: Session) async throws {
        let state = session.state
        // What runs is known only while the runner reports.
        let heard = lastHeard[session.id] ?? 0
        guard state.phase.isRunning, now() - heard < timing.silence else { return }
        // The runner was heard after this wait and reported no new turn.
        if let since = state.idleSince, heard - since >= timing.followingUp { try await apply(.stayedIdle, to: session.id) }
        guard let background = state.background, background.isRunning else { return }
        if let stop = background.stop {
            if now() - stop.at >= timing.stoppingBackground { try await apply(.backgroundGoesOn, to: session.id) }
        } else if state.current == nil, let since = background.since,
            now() - (pulses[session.id]?.lastBackgroundLook ?? 0) >= timing.lookingAtBackground
        {
            pulses[session.id, default: Pulse(now: now())].lastBackgroundLook = now()
            let minutes = try await settings.integer(.backgroundMinutes, project: session.project, user: session.user)
            if now() - since >= Int64(minutes) * 60_000 { try await apply(.backgroundOverdue(minutes: minutes), to: session.id) }
        }
    }

    /// Says of an agent that was asked to stop its turn that it does not.
    private func lookForDeafness(_ session: Session) async throws {
        guard let prompt = session.state.current, let turn = session.state.turn, let asked = turn.stopAsked, turn.ignoresStop != true,
            // What it does is known only while the runner reports.
            now() - (lastHeard[session.id] ?? 0) < timing.silence, now() - asked >= timing.stoppingTurn
        else { return }
        try await apply(.turnGoesOn(prompt), to: session.id)
    }

    /// Says and does what the settings want about an agent that is silent for too long. One that a stopped turn does not wake loses its
    /// session after as long again.
    private func lookForSilence(_ session: Session) async throws {
        guard let prompt = session.state.current, let pulse = pulses[session.id], now() - pulse.lastLook >= timing.lookingForSilence,
            now() - pulse.lastSign >= timing.shortestSilence
        else { return }
        pulses[session.id]?.lastLook = now()
        // What it does is known only while the runner reports.
        guard now() - (lastHeard[session.id] ?? 0) < timing.silence, let activity = activity(of: session), activity.kind == .silent,
            now() - activity.since >= timing.shortestSilence
        else { return }
        let minutes = try await settings.integer(.stuckMinutes, project: session.project, user: session.user)
        let act = StuckAct(rawValue: try await settings.text(.whenStuck, project: session.project, user: session.user)) ?? .tell
        let limit = Int64(minutes) * 60_000
        let isToldOf = session.state.turn?.isStuck == true
        if !isToldOf, now() - activity.since >= limit {
            try await apply(.stuck(prompt, sentence: activity.sentence, act), to: session.id)
        } else if isToldOf, act == .cancelTurn, now() - activity.since >= 2 * limit {
            try await apply(.stuck(prompt, sentence: activity.sentence, .cancelSession), to: session.id)
        }
    }

    /// Does again what is recorded and not under way: it was never begun, or failed on the way to its end.
    private func doAgain(_ id: SessionID) async throws {
        // What is committed while the state is read is begun after this.
        await enter(id)
        defer { leave(id) }
        let state = try await queries.session(id).state
        guard work[id] == nil else { return }
        for effect in SessionReducer.resume(state) { begin(effect, id) }
    }
}
