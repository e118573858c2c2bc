import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Logging
import Settings
import Store
import Wording

/// Starts queued sessions when slots are free. Stateless: the queue is read each time.
struct QueueStarter: Sendable {
    let changes: SessionChanges
    let accounts: Accounts
    let settings: Settings
    let pins: Pins
    let agents: AgentPrograms
    let logger: Logger

    private var queries: SessionQueries { changes.queries }

    /// Starts the queued sessions whose turn has come.
    func startDue() async {
        do {
            try await freeSlots()
        } catch is CancellationError {
            return
        } catch {
            logger.error("The queue: \(logWords(of: error))")
            retry()
        }
    }

    private func freeSlots() async throws {
        var order = try await queries.queueOrder()
        guard var next = order.next() else { return }
        let limit = try await settings.integer(.sessionLimit, project: nil, user: next.user)
        var free = limit - (try await queries.slotsHeld())
        while free > 0 {
            if await startOrSay(next.session) {
                free -= 1
                order.started(next)
            }
            guard let following = order.next() else { return }
            next = following
        }
    }

    /// Starts a session, or records why it fails. A session that can't be started does not block those behind it.
    ///
    /// - Returns: whether it runs now.
    private func startOrSay(_ id: SessionID) async -> Bool {
        do {
            do {
                return try await start(try await queries.session(id))
            } catch let error as SettingsError {
                try await changes.apply(.startFailed(code: "settings", message: error.message), to: id)
            }
        } catch let error as SessionsError where error.code == .notFound || error.code == .unreadable {
            // It was removed meanwhile, or is listed among those that can't be read.
            return false
        } catch {
            logger.error("\(id.rawValue) could not be started: \(logWords(of: error))")
            retry()
        }
        return false
    }

    private func retry() { changes.signals.update { $0.retryQueue(now: changes.now()) } }

    /// Starts a queued session and pins its credentials, in one transaction.
    ///
    /// - Returns: whether it runs now. A session that waits for a credential keeps its place and lets others pass.
    private func start(_ session: Session) async throws -> Bool {
        guard let agent = await agents.agent(session.agent) else {
            try await changes.apply(.startFailed(code: "agent", message: "There is no agent “\(session.agent)” any more."), to: session.id)
            return false
        }
        let need = try await CredentialNeed(
            of: CredentialContext(
                session: session.id, project: session.project, user: session.user, agent: agent, provider: session.provider,
                insistsOnFile: session.signInFile != nil),
            settings)
        let change = try await changes.change(session.id) { [pins, accounts, settings] transaction in
            // The session may have been cancelled since the queue was read; then nothing is pinned for it.
            let state = try SessionStore.state(session.id, transaction)
            guard state.phase == .queued else { return [] }
            guard try accounts.mayRun(session.user, in: session.project, transaction) else { return [.starterShutOut] }
            do {
                let bounds = try SessionBounds.judge(session.id, accounts, settings, transaction)
                return bounds.notes.map { .noted($0) } + [try need.start(pins, transaction)]
            } catch let error as AccountsError {
                let remedy = "Give its project one: sam projects sandbox \(session.projectName) bubblewrap"
                return [.startFailed(code: "sandbox", message: "\(error.message) \(remedy)")]
            }
        }
        return change.state.holdsSlot
    }
}
