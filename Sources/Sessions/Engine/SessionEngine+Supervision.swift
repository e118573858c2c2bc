import Accounts
import AgentCatalogue
import AgentProtocol
import Logging
import Settings
import Store
import Workspaces

extension SessionEngine {
    /// Takes up what was recorded before the last stop. To be called once, before anyone can reach the engine.
    public func resume() async {
        do {
            let unsettled = try await queries.unsettled()
            unreadable = Set(unsettled.unreadable.map(\.id))
            for session in unsettled.sessions { await takeUp(session) }
            // A layer may have changed just before the end of the one that was to see to it.
            try await permissionsChanged()
        } catch {
            logger.error("The sessions could not be taken up: \(error)")
        }
    }

    private func takeUp(_ session: Session) async {
        do {
            lastHeard[session.id] = now()
            pulses[session.id] = Pulse(now: now())
            // The server's own time limits do not run while it is away.
            try await apply(.resumed(away: max(0, now() - session.updatedAt)), to: session.id)
            if session.state.phase.hasRunner, !session.state.runnerIsGone { try await endpoints.open(session.id) }
        } catch {
            logger.error("\(session.id.rawValue) could not be taken up: \(error)")
        }
    }

    /// Takes up sessions whose rows could not be read before and can be read now.
    private func takeUpMended(_ unsettled: StoredSessions) async {
        let mended = unsettled.sessions.filter { unreadable.contains($0.id) }
        unreadable = Set(unsettled.unreadable.map(\.id))
        for session in mended { await takeUp(session) }
    }

    /// Looks at every session that is not settled: what is left to do, deadlines, runners, and who may run next.
    func supervise() async {
        do {
            let unsettled = try await queries.unsettled()
            await takeUpMended(unsettled)
            let withoutStarter = Set(try await queries.withoutStarter())
            for session in unsettled.sessions {
                do {
                    if withoutStarter.contains(session.id) { try await apply(.starterShutOut, to: session.id) }
                    try await supervise(session)
                } catch {
                    // One session in trouble must not keep the others from being looked after.
                    logger.error("\(session.id.rawValue): \(error)")
                }
            }
            try await freeSlots(unsettled)
        } catch {
            logger.error("Supervision: \(error)")
        }
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
        guard state.phase.hasRunner || state.awaitsRunner, !state.runnerIsGone, state.salvage == .none else { return }
        let silence = now() - (lastHeard[session.id] ?? now())
        if host.isRunnerAlive(session.id, attempt: state.attempt) {
            let canBeInterrupted = state.phase.hasRunner && state.phase != .booting && state.phase != .interrupted
            if canBeInterrupted, silence > timing.silence {
                try await apply(.runnerSilent, to: session.id, ofAttempt: state.attempt)
            }
        } else if state.runnerHasSpoken || work[session.id] == nil && silence > timing.launching {
            try await takeInSpool(session)
            try await apply(.runnerDied, to: session.id, ofAttempt: state.attempt)
        }
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
            now() - (pulses[session.id]?.lastBackgroundLook ?? 0) >= 5_000
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
        guard let prompt = session.state.current, let pulse = pulses[session.id], now() - pulse.lastLook >= 10_000,
            // What it does is known only while the runner reports.
            now() - (lastHeard[session.id] ?? 0) < 10_000, let activity = activity(of: session), activity.kind == .silent,
            now() - activity.since >= 60_000
        else { return }
        pulses[session.id]?.lastLook = now()
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

    private func freeSlots(_ unsettled: StoredSessions) async throws {
        var queued = unsettled.sessions.filter { $0.state.phase == .queued }
        guard let first = queued.first else { return }
        let limit = try await settings.integer(.sessionLimit, project: nil, user: first.user)
        var free = limit - unsettled.slotsHeld
        while free > 0, !queued.isEmpty {
            let session = queued.removeFirst()
            do {
                if try await start(session) { free -= 1 }
            } catch let error as SettingsError {
                try await apply(.startFailed(code: "settings", message: error.message), to: session.id)
            } catch {
                // One that can't be started must not keep those behind it from being.
                logger.error("\(session.id.rawValue) could not be started: \(error)")
            }
        }
    }

    /// Starts a queued session with its credentials pinned, in one transaction.
    ///
    /// - Returns: whether it runs now. One that waits for a credential keeps its place and lets others pass.
    private func start(_ session: Session) async throws -> Bool {
        guard let agent = catalogue.current.agent(session.agent) else {
            try await apply(.startFailed(code: "agent", message: "There is no agent “\(session.agent)” any more."), to: session.id)
            return false
        }
        let need = try await credentialNeed(
            CredentialUser(
                session: session.id, project: session.project, user: session.user, agent: agent, provider: session.provider,
                insistsOnFile: session.signInFile != nil))
        let change = try await self.change(session.id) { [credentials, accounts, settings] transaction in
            // It may have been cancelled since the queue was read; then nothing is pinned for it.
            let state = try SessionStore.state(session.id, transaction)
            guard state.phase == .queued else { return [] }
            guard try accounts.mayRun(session.user, in: session.project, transaction) else { return [.starterShutOut] }
            do {
                let bounds = try SessionBounds.judge(session.id, accounts, settings, transaction)
                return bounds.notes.map { .noted($0) } + [try need.start(credentials, transaction)]
            } catch let error as AccountsError {
                let remedy = "Give its project one: sam projects sandbox \(session.projectName) bubblewrap"
                return [.startFailed(code: "sandbox", message: "\(error.message) \(remedy)")]
            }
        }
        return change.state.holdsSlot
    }
}
