import Accounts
import AgentCatalogue
import AgentProtocol
import Logging
import Settings
import Store

// Who may run next.
extension SessionEngine {
    /// What a queued session waits for when others run in its place.
    ///
    /// - Parameter limit: how many may run at once.
    static func turn(limit: Int) -> String {
        "its turn: as many sessions run as may at once (sessions.limit is \(limit))"
    }

    /// What every queued session waits for; `nil` when one more could run, and each waits for something of its own.
    ///
    /// - Throws: `StoreError`.
    public func waitOfQueue(for user: UserID) async throws -> String? {
        guard let limit = try await sessionLimit(for: user), try await queries.slotsHeld() >= limit else { return nil }
        return Self.turn(limit: limit)
    }

    /// How many sessions may run at once; `nil` when the setting can't be used, which is said when one is to be started.
    func sessionLimit(for user: UserID) async throws -> Int? {
        do {
            return try await settings.integer(.sessionLimit, project: nil, user: user)
        } catch is SettingsError {
            return nil
        }
    }

    /// Starts the sessions whose turn has come.
    func lookAtQueue() async {
        queueIsDue = false
        do {
            try await freeSlots()
        } catch {
            logger.error("The queue: \(error)")
            tryQueueAgain()
        }
    }

    private func freeSlots() async throws {
        var page = try await queries.queue(after: nil)
        var free: Int?
        while true {
            if free == nil, let first = page.sessions.first {
                let limit = try await settings.integer(.sessionLimit, project: nil, user: first.user)
                free = limit - (try await queries.slotsHeld())
            }
            for session in page.sessions where (free ?? 0) > 0 {
                if await startOrSay(session) { free = free.map { $0 - 1 } }
            }
            // A whole page can be of rows that can't be read.
            guard (free ?? 1) > 0, let last = page.last else { return }
            page = try await queries.queue(after: last)
        }
    }

    /// Starts a session, where that is possible. One that can't be started does not keep those behind it from being.
    ///
    /// - Returns: whether it runs now.
    private func startOrSay(_ session: Session) async -> Bool {
        do {
            do {
                return try await start(session)
            } catch let error as SettingsError {
                try await apply(.startFailed(code: "settings", message: error.message), to: session.id)
            }
        } catch {
            logger.error("\(session.id.rawValue) could not be started: \(error)")
            tryQueueAgain()
        }
        return false
    }

    private func tryQueueAgain() {
        nextTick = min(nextTick, now() + timing.looking)
    }

    /// Starts a queued session with its credentials pinned, in one transaction.
    ///
    /// - Returns: whether it runs now. One that waits for a credential keeps its place and lets others pass.
    private func start(_ session: Session) async throws -> Bool {
        guard let agent = await agent(session.agent) else {
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
