import Accounts
import AgentProtocol
import Credentials
import Store

/// The session and attempt that a runner's token identifies.
public struct RunnerIdentity: Sendable, Hashable {
    /// The runner's session.
    public var session: SessionID
    /// The attempt that the runner was started for.
    public var attempt: Int
}

/// What runners report and ask. Stateless but for the signals; safe to share between tasks.
public struct RunnerIntake: Sendable {
    let changes: SessionChanges
    let pins: Pins
    let launches: RunnerLaunches
    var queries: SessionQueries { changes.queries }
    private var signals: SessionSignals { changes.signals }
    var store: Store { changes.sessions.store }

    /// A stream that ticks when there may be new commands for a session's runner, and at least every ten seconds.
    public func follow(_ session: SessionID) -> AsyncStream<Void> { changes.follow(session) }

    /// Looks up the runner that a token belongs to.
    ///
    /// - Returns: `nil` for an unknown token, or one of an attempt that is over.
    /// - Throws: `StoreError`.
    public func runner(withToken token: String) async throws -> RunnerIdentity? {
        let hash = TokenHash(of: token)
        return try await store.read { transaction in
            let row = try transaction.first("SELECT id, runner_attempt FROM sessions WHERE runner_token_hash = $1", hash)
            guard let row else { return nil }
            return RunnerIdentity(session: try row.parsed("id"), attempt: try row.integer("runner_attempt"))
        }
    }

    /// Stores a runner's events.
    ///
    /// - Returns: the number up to which all events are stored.
    /// - Throws: ``SessionsError/Code/fenced`` when the attempt is over; `StoreError`.
    public func ingest(_ batch: EventBatch, from runner: RunnerIdentity) async throws -> EventReceipt {
        signals.heard(runner.session)
        if !batch.events.isEmpty { signals.reported(runner.session) }
        return EventReceipt(
            acknowledged: try await changes.ingest(batch.events, for: runner.session, attempt: runner.attempt))
    }

    /// Records a sign of life from a runner.
    ///
    /// - Parameter heartbeat: the activity of its agent, if it has one.
    /// - Throws: `StoreError`.
    public func heard(_ runner: RunnerIdentity, _ heartbeat: Heartbeat?) async throws {
        let known = signals.heard(runner.session, heartbeat)
        let state: SessionState
        if let known { state = known } else { state = try await queries.session(runner.session).state }
        if state.phase == .interrupted || !state.runnerHasSpoken {
            try await changes.apply(.runnerReturned, to: runner.session, ofAttempt: runner.attempt)
        }
        signals.plan(runner.session)
    }

    /// The commands for a runner after the given number.
    ///
    /// - Throws: `StoreError`.
    public func commands(_ session: SessionID, attempt: Int, after last: Int) async throws -> [NumberedCommand] {
        try await store.read { transaction in
            let rows = try transaction.query(
                "SELECT n, command FROM runner_commands WHERE session_id = $1 AND attempt = $2 AND n > $3 ORDER BY n",
                session, attempt, last)
            // A command that can't be parsed must not hold up those after it, such as an order to end.
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
