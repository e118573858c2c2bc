import Accounts
import AgentProtocol
import Credentials
import Gateway
import Store

/// Which runner is speaking: the session and attempt that its token stands for.
public struct RunnerIdentity: Sendable, Hashable {
    public var session: SessionID
    public var attempt: Int
}

extension SessionEngine {
    /// The runner whose token this is.
    ///
    /// - Returns: `nil` for a token of nobody's: never given, or of an attempt that is over.
    /// - Throws: `StoreError`.
    public nonisolated func runner(withToken token: String) async throws -> RunnerIdentity? {
        let hash = TokenHash(of: token)
        return try await sessions.store.read { transaction in
            let row = try transaction.first("SELECT id, runner_attempt FROM sessions WHERE runner_token_hash = $1", hash)
            guard let row else { return nil }
            return RunnerIdentity(session: try row.parsed("id"), attempt: try row.integer("runner_attempt"))
        }
    }

    /// Stores a runner's events.
    ///
    /// - Returns: the number up to which everything is stored.
    /// - Throws: ``SessionsError/Code/fenced`` when the attempt is over; `StoreError`.
    public func ingest(_ batch: EventBatch, from runner: RunnerIdentity) async throws -> EventReceipt {
        lastHeard[runner.session] = now()
        if !batch.events.isEmpty { pulses[runner.session, default: Pulse(now: now())].told(now: now()) }
        return EventReceipt(acknowledged: try await ingest(batch.events, for: runner.session, attempt: runner.attempt))
    }

    /// Stores events of an attempt, and begins what follows.
    ///
    /// - Returns: the number up to which everything is stored.
    func ingest(_ events: [NumberedEvent], for session: SessionID, attempt: Int) async throws -> Int {
        await enter(session)
        defer { leave(session) }
        let (acknowledged, change) = try await sessions.ingest(events, for: session, attempt: attempt)
        carryOut(change, session)
        return acknowledged
    }

    /// A runner says that it is alive.
    ///
    /// - Parameter heartbeat: what its agent does, where there is one.
    /// - Throws: `StoreError`.
    public func heard(_ runner: RunnerIdentity, _ heartbeat: Heartbeat?) async throws {
        lastHeard[runner.session] = now()
        if let heartbeat { pulses[runner.session, default: Pulse(now: now())].beat(heartbeat, now: now()) }
        let state: SessionState
        if let known = states[runner.session] { state = known } else { state = try await queries.session(runner.session).state }
        if state.phase == .interrupted || !state.runnerHasSpoken {
            try await apply(.runnerReturned, to: runner.session, ofAttempt: runner.attempt)
        }
        plan(runner.session)
    }

    /// What a session's agent does; `nil` while it answers no prompt.
    public func activity(of session: Session) -> AgentActivity? {
        guard session.state.phase == .working else { return nil }
        if let background = session.state.background, background.followUp == nil, background.isRunning, session.state.current == nil,
            !session.state.waitsForAnswer
        {
            return AgentActivity(
                kind: .background, since: min(background.awaited.map(\.since).min() ?? session.updatedAt, now()),
                sentence: background.sentence)
        }
        let pulse = pulses[session.id] ?? Pulse(now: session.updatedAt)
        return Evidence(
            lastEvent: pulse.lastEvent, lastBusy: pulse.lastBusy, requestSince: gateway.openSince(SessionReference(session.id)),
            isAsking: session.state.waitsForAnswer
        ).activity(now: now())
    }

    /// The commands for a runner after a number.
    ///
    /// - Throws: `StoreError`.
    public nonisolated func commands(_ session: SessionID, attempt: Int, after last: Int) async throws -> [NumberedCommand] {
        try await sessions.store.read { transaction in
            let rows = try transaction.query(
                "SELECT n, command FROM runner_commands WHERE session_id = $1 AND attempt = $2 AND n > $3 ORDER BY n",
                session, attempt, last)
            // One that can't be read must not hold up those after it, an order to end perhaps.
            let name: (Row) throws -> String = { "\(session.rawValue)/\(attempt)/\(try $0.integer("n"))" }
            let commands = transaction.readable(rows, of: "runner_commands", id: name) { row in
                NumberedCommand(n: try row.integer("n"), command: try JSONLine.decode(from: try row.text("command")))
            }
            return try commands.map { numbered in
                guard case .prompt(var prompt) = numbered.command else { return numbered }
                prompt.images = try PromptImages.images(of: prompt.id, transaction)
                return NumberedCommand(n: numbered.n, command: .prompt(prompt))
            }
        }
    }
}
