import Accounts
import AgentProtocol
import Credentials
import Gateway
import Store

/// Sessions in the database: the only place where a session's state changes, always in one transaction with its log.
struct SessionStore: Sendable {
    let store: Store
    let leases: Leases
    let timing: Timing
    let now: @Sendable () -> Int64

    /// The result of a change.
    struct Change: Sendable {
        var state: SessionState
        var effects: [SessionEffect]
        /// Whether the session settled with it. A kept workspace that is salvaged again settles its session again.
        var settles = false
    }

    /// Applies inputs one after another.
    ///
    /// - Parameters:
    ///   - inputs: computed in the transaction, from the current rows.
    ///   - check: checks the resulting state; when it throws, the transaction is rolled back.
    func apply(
        to session: SessionID, _ inputs: @escaping @Sendable (any Transaction) throws -> [SessionInput],
        check: @escaping @Sendable (SessionState) throws -> Void = { _ in }
    ) async throws -> Change {
        try await store.write { transaction in
            let inputs = try inputs(transaction)
            let row = try Self.row(session, transaction)
            var writer = LogWriter(session: session, lastSeq: try row.integer("last_seq"), transaction: transaction)
            var state = try SessionState(of: row)
            let old = state
            let effects = try reduce(&state, inputs, &writer)
            try check(state)
            if try state != old || !effects.isEmpty || writer.lastSeq != row.integer("last_seq") {
                try save(session, state, writer, effects, transaction)
            }
            return Change(state: state, effects: effects, settles: state.isSettled && !old.isSettled)
        }
    }

    /// Stores a runner's events and applies them as inputs. Events that are stored already, or that come after a gap, are skipped.
    ///
    /// - Returns: the number up to which all events are stored, how many of these events were new, and the change.
    func ingest(
        _ events: [NumberedEvent], for session: SessionID, attempt: Int
    ) async throws -> (acknowledged: Int, stored: Int, change: Change) {
        try await store.write { transaction in
            let row = try Self.row(session, transaction)
            var state = try SessionState(of: row)
            guard state.attempt == attempt, !state.isSettled else { throw SessionsError(.fenced, "This attempt is over.") }
            let before = try row.integer("runner_acknowledged")
            var acknowledged = before
            var writer = LogWriter(session: session, lastSeq: try row.integer("last_seq"), transaction: transaction)
            var effects: [SessionEffect] = []
            for event in events where event.n == acknowledged + 1 {
                try writer.append(try LogRecord(event.event), at: event.at)
                effects += try reduce(&state, [.agent(event.event)], &writer)
                acknowledged = event.n
            }
            try transaction.execute(
                "UPDATE sessions SET runner_acknowledged = $1 WHERE id = $2", acknowledged, session)
            try save(session, state, writer, effects, transaction)
            return (acknowledged, acknowledged - before, Change(state: state, effects: effects, settles: state.isSettled))
        }
    }

    /// Records that the sessions are supervised now.
    func tick() async throws {
        _ = try await store.write { transaction in
            try transaction.execute(
                "INSERT INTO last_tick (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at", now())
        }
    }

    /// When the sessions were last supervised, in UTC milliseconds; `nil` when that was never recorded.
    func lastTick() async throws -> Int64? {
        try await store.read { transaction in
            try transaction.first("SELECT at FROM last_tick WHERE id = 1").map { Int64(try $0.integer("at")) }
        }
    }

    private func reduce(
        _ state: inout SessionState, _ inputs: [SessionInput], _ writer: inout LogWriter
    ) throws -> [SessionEffect] {
        var effects: [SessionEffect] = []
        for input in inputs {
            var outcome = SessionReducer.reduce(state, input, now: now(), timing: timing)
            // Withdraws what must not be delivered any more, and reduces again without it.
            while let prompt = outcome.delivery, state.pending.contains(prompt),
                let note = try PromptAuthor(of: prompt, writer.transaction)?.refusal(of: prompt)
            {
                let withdrawal = SessionReducer.reduce(state, .authorShutOut(prompt, note: note), now: now(), timing: timing)
                state = withdrawal.state
                for entry in withdrawal.log { try writer.append(entry, at: now()) }
                outcome = SessionReducer.reduce(state, input, now: now(), timing: timing)
            }
            state = outcome.state
            effects += outcome.effects
            for entry in outcome.log { try writer.append(entry, at: now()) }
        }
        return effects
    }

    private func save(
        _ session: SessionID, _ state: SessionState, _ writer: LogWriter, _ effects: [SessionEffect], _ transaction: any Transaction
    ) throws {
        for effect in effects {
            switch effect {
            case .send(let command): try write(command, for: session, state.attempt, transaction)
            case .deliver(let prompt):
                // Its images are read when the runner asks for the command, so that they are stored once.
                let text = try transaction.first("SELECT text FROM prompts WHERE id = $1", prompt)?.text("text") ?? ""
                try write(.prompt(AgentCommand.Prompt(id: prompt, text: text)), for: session, state.attempt, transaction)
            case .prepare, .abandonPreparation, .launch, .salvage, .cleanUp: break
            }
        }
        try transaction.execute(
            "UPDATE sessions SET state = $1, phase = $2, settled = $3, last_seq = $4, updated_at = $5 WHERE id = $6",
            try state.stored(), state.phase, state.isSettled, writer.lastSeq, now(), session)
        if state.runnerIsGone {
            // From here on the token of this attempt's runner can only give the sign-in back.
            try transaction.execute(
                "UPDATE sessions SET runner_token_hash = NULL, sync_token_until = COALESCE(sync_token_until, $1) WHERE id = $2",
                now() + timing.givingBack, session)
        }
        // An agent that is to be stopped asks nothing more, also while it still runs.
        if state.runnerIsGone || state.hasOutcome { try leases.end(SessionReference(session), in: transaction) }
        if state.isSettled { try PromptImages.forget(in: session, transaction) }
    }

    /// Records a command for the runner together with the state that causes it, so that none is lost or written twice.
    private func write(
        _ command: AgentCommand, for session: SessionID, _ attempt: Int, _ transaction: any Transaction
    ) throws {
        try transaction.execute(
            """
            INSERT INTO runner_commands (session_id, attempt, n, command)
            SELECT $1, $2, COALESCE(MAX(n), 0) + 1, $3 FROM runner_commands WHERE session_id = $1 AND attempt = $2
            """, session, attempt, try JSONLine.text(command))
    }

    /// Returns a session's state.
    ///
    /// - Throws: ``SessionsError`` when there is no such session, or it can't be read; `StoreError`.
    static func state(_ session: SessionID, _ transaction: any Transaction) throws -> SessionState {
        try SessionState(of: try row(session, transaction))
    }

    static func row(_ session: SessionID, _ transaction: any Transaction) throws -> Row {
        guard let row = try transaction.first("SELECT * FROM sessions WHERE id = $1", session) else {
            throw SessionsError.unknown(session)
        }
        return row
    }
}

/// Appends to one session's log inside a transaction, and counts the events.
struct LogWriter {
    let session: SessionID
    var lastSeq: Int
    let transaction: any Transaction

    mutating func append(_ record: LogRecord, at time: Int64) throws {
        lastSeq += 1
        try transaction.execute(
            "INSERT INTO session_events (session_id, seq, at, kind, payload) VALUES ($1, $2, $3, $4, $5)",
            session, lastSeq, time, record.kind, record.payload)
        if let whole = record.whole {
            try transaction.execute(
                "INSERT INTO session_event_blobs (session_id, seq, payload) VALUES ($1, $2, $3)", session, lastSeq, whole)
        }
    }

    mutating func append(_ entry: LogEntry, at time: Int64) throws {
        if case .prompt(let id, let state) = entry {
            try transaction.execute("UPDATE prompts SET state = $1 WHERE id = $2", state.rawValue, id)
            if state.isPast { try PromptImages.forget(of: id, transaction) }
        }
        let record = try LogRecord(entry) { id in
            guard let row = try transaction.first("SELECT text, images FROM prompts WHERE id = $1", id) else { return nil }
            return (try row.text("text"), try row.integer("images"))
        }
        try append(record, at: time)
    }
}
