import AgentProtocol
import Logging
import Settings
import Store
import Wording
import Workspaces

/// Supervises the sessions that are not settled: unfinished work, deadlines, runners, silent agents, the queue.
///
/// Sessions are looked at when something is due: their times are in the ``Watchlist``, which ``SessionSignals`` shares with those who
/// change them. After a restart ``resume()`` continues every session from its record.
actor SessionSupervisor {
    let changes: SessionChanges
    let status: SessionStatus
    let permissions: PermissionUpdates
    let queue: QueueStarter
    let settings: Settings
    let host: any WorkspaceHost
    let endpoints: any SessionEndpoints
    let logger: Logger
    private var alarm: Task<Void, Never>?

    nonisolated var queries: SessionQueries { changes.queries }
    nonisolated var signals: SessionSignals { changes.signals }
    nonisolated var timing: Timing { changes.sessions.timing }

    init(
        changes: SessionChanges, status: SessionStatus, permissions: PermissionUpdates, queue: QueueStarter, settings: Settings,
        host: any WorkspaceHost, endpoints: any SessionEndpoints, logger: Logger
    ) {
        self.changes = changes
        self.status = status
        self.permissions = permissions
        self.queue = queue
        self.settings = settings
        self.host = host
        self.endpoints = endpoints
        self.logger = logger
    }

    nonisolated func now() -> Int64 { signals.now() }

    /// Supervises until the task is cancelled. Call ``resume()`` before.
    func run() async {
        let (store, signals) = (changes.sessions.store, signals)
        // Notifications of changes replace polling.
        let people = Task {
            for await _ in store.changes(of: ["access_changes", "members", "users"]) { signals.update { $0.peopleChanged() } }
        }
        let means = Task {
            for await _ in store.changes(of: ["settings", "credentials", "bindings", "pins"]) { signals.wakeQueue() }
        }
        signals.wakeQueue()
        for await _ in signals.wakes {
            // Times planned during the look are seen when the alarm is set.
            signals.update { $0.armedFor = .min }
            await superviseDue()
            arm()
        }
        for task in [people, means, alarm].compactMap(\.self) { task.cancel() }
        // This task is cancelled, so the write runs in another one.
        await Task { await recordTick() }.value
        signals.ticker.finish()
    }

    /// Sets the alarm that wakes the loop when something is due next.
    private func arm() {
        let time = signals.update { list in
            list.armedFor = min(list.schedule.earliest ?? .max, list.nextTick)
            return list.armedFor
        }
        alarm?.cancel()
        let wait = max(0, time - now())
        alarm = Task { [signals] in
            // A cancelled alarm has been replaced by another.
            guard (try? await Task.sleep(for: .milliseconds(wait))) != nil else { return }
            signals.wake()
        }
    }

    /// Resumes what was recorded before the last stop. Call it once, before any client can reach the server.
    func resume() async {
        do {
            let lastTick = try await changes.sessions.lastTick()
            let unsettled = try await queries.unsettled()
            let unreadable = Set(unsettled.unreadable.map(\.id))
            signals.update { $0.unreadable = unreadable }
            for session in unsettled.sessions { await resume(session, lastTick: lastTick) }
            // A layer may have changed just before the last stop, when nothing applied the change any more.
            try await permissions.apply()
        } catch {
            logger.error("The sessions could not be recovered: \(logWords(of: error))")
        }
    }

    private func resume(_ session: Session, lastTick: Int64?) async {
        do {
            signals.update { list in
                list[session.id].lastHeard = now()
                list[session.id].pulse = Pulse(now: now())
            }
            // The server's own time limits do not run while it is away. The clock may have been set since it last ran.
            let away = max(0, now() - max(lastTick ?? 0, session.updatedAt))
            let state = try await changes.apply(.resumed(away: away), to: session.id)
            if state.phase.hasRunner, !state.runnerIsGone { try await endpoints.open(session.id, of: session.user) }
        } catch {
            logger.error("\(session.id.rawValue) could not be recovered: \(logWords(of: error))")
        }
    }

    /// Looks at every session that is not settled, and at the queue.
    func supervise() async {
        await keepTime()
        do {
            let before = signals.update { Set($0.states.keys) }
            let unsettled = try await queries.unsettled()
            await resumeMended(unsettled)
            signals.update { list in
                // Sessions that another server settled, or that were removed.
                for gone in before.subtracting(unsettled.sessions.map(\.id)) where list.states[gone]?.isSettled == false {
                    list.forget(gone)
                }
                for session in unsettled.sessions where list.states[session.id] == nil {
                    list.keep(session.state, of: session.id, now: now())
                }
                list.forgetStrangers()
            }
            try await endWithoutStarter()
            for session in unsettled.sessions { await look(at: session.id) }
        } catch is CancellationError {
            return
        } catch {
            logger.error("Supervision: \(logWords(of: error))")
        }
        await lookAtQueue()
    }

    /// Looks at the sessions that are due, and at what has changed. Other sessions cost nothing.
    func superviseDue() async {
        await keepTime()
        let looksAtAll = signals.update { list in
            guard now() >= list.nextLookAtAll || !list.unreadable.isEmpty && now() >= list.nextTick else { return false }
            list.nextLookAtAll = now() + timing.lookingAtAll
            return true
        }
        if looksAtAll { await supervise() }
        if signals.update({ $0.takePeople() }) {
            do {
                try await endWithoutStarter()
            } catch is CancellationError {
                return
            } catch {
                signals.update { $0.retryPeople() }
                logger.error("Supervision: \(logWords(of: error))")
            }
        }
        for session in signals.update({ $0.takeDue(at: now()) }) { await look(at: session) }
        if signals.update({ $0.queueIsDue }) { await lookAtQueue() }
        if signals.update({ now() >= $0.nextTick }) { await tick() }
    }

    private func lookAtQueue() async {
        signals.update { $0.queueLookedAt() }
        await queue.startDue()
    }

    /// Runs every few seconds: keeps followers' connections alive, and records that the sessions are supervised.
    private func tick() async {
        signals.update { list in
            list.nextTick = now() + timing.ticking
            // Settings and keys can change without a notification here.
            list.lookAtQueueSoon()
        }
        signals.ticker.tickAll()
        await recordTick()
    }

    /// Records that the sessions are supervised, so that the next start knows how long they were not.
    private func recordTick() async {
        guard signals.update({ $0.states.values.contains(where: \.holdsSlot) }) else { return }
        do {
            try await changes.sessions.tick()
        } catch {
            logger.error("That the sessions are looked after could not be written down: \(logWords(of: error))")
        }
    }

    /// Adopts the time of the machine's clock. When it was set, all waits keep the time they had left.
    private func keepTime() async {
        guard let (moved, sessions) = signals.takeOverClock() else { return }
        logger.warning("The machine's clock was set by \(moved / 1_000) s. All waits have as much time left as before.")
        for session in sessions {
            do {
                try await changes.apply(.clockMoved(by: moved), to: session)
            } catch {
                logger.error("\(session.rawValue): \(logWords(of: error))")
            }
        }
    }

    /// Resumes sessions whose rows could not be read before and can be now.
    private func resumeMended(_ unsettled: StoredSessions) async {
        let unreadable = Set(unsettled.unreadable.map(\.id))
        let before = signals.update { list in
            defer { list.unreadable = unreadable }
            return list.unreadable
        }
        for session in unsettled.sessions where before.contains(session.id) { await resume(session, lastTick: nil) }
    }

    /// Ends the sessions whose users may not have them any more.
    private func endWithoutStarter() async throws {
        let unreadable = signals.update { $0.unreadable }
        for session in try await queries.withoutStarter() where !unreadable.contains(session) {
            do {
                try await changes.apply(.starterShutOut, to: session)
            } catch {
                logger.error("\(session.rawValue): \(logWords(of: error))")
            }
        }
    }

    /// Looks at a session. An error in one does not keep the others from being looked at.
    private func look(at id: SessionID) async {
        do {
            let session = try await queries.session(id)
            // It may have settled while the list of unsettled sessions was read.
            guard !session.state.isSettled else { return signals.forget(id) }
            try await supervise(session)
        } catch let error as SessionsError where error.code == .notFound {
            return signals.forget(id)
        } catch let error as SessionsError where error.code == .unreadable {
            return signals.update { list in
                list.unreadable.insert(id)
                list.forget(id)
            }
        } catch {
            logger.error("\(id.rawValue): \(logWords(of: error))")
        }
        signals.plan(id, notBefore: now() + timing.pausingBetweenLooks)
    }

    private func supervise(_ session: Session) async throws {
        let state = session.state
        if !signals.isWorkedOn(session.id), !SessionReducer.resume(state).isEmpty { try await changes.repeatWork(of: session.id) }
        if let deadline = state.deadline, deadline.at <= now() {
            try await changes.apply(.deadlinePassed, to: session.id)
            return
        }
        for question in state.questions where question.kind == .text && (question.until ?? .max) <= now() {
            try await changes.apply(.questionExpired(question.id), to: session.id)
        }
        try await lookAtBackground(session)
        try await lookForIgnoredStop(session)
        try await lookForSilence(session)
        try await lookAtRunner(session)
    }
}
