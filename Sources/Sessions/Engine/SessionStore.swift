import Accounts
import AgentProtocol
import Credentials
import Gateway
import Store

/// Sessions in the database: the one place where a session's state changes, each time in one transaction with its log.
struct SessionStore: Sendable {
    let store: Store
    let leases: Leases
    let timing: Timing
    let now: @Sendable () -> Int64

    /// What a change came to.
    struct Change: Sendable {
        var state: SessionState
        var effects: [SessionEffect]
    }

    /// Takes inputs one after another.
    ///
    /// - Parameters:
    ///   - inputs: made in the transaction, from what stands there then.
    ///   - check: looks at the state that comes of them; when it throws, nothing of all this has happened.
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
            return Change(state: state, effects: effects)
        }
    }

    /// Stores a runner's events and takes them as inputs. Events that are stored already are passed over.
    ///
    /// - Returns: the number up to which everything is stored, and the change.
    func ingest(_ events: [NumberedEvent], for session: SessionID, attempt: Int) async throws -> (Int, Change) {
        try await store.write { transaction in
            let row = try Self.row(session, transaction)
            var state = try SessionState(of: row)
            guard state.attempt == attempt, !state.isSettled else { throw SessionsError(.fenced, "This attempt is over.") }
            var acknowledged = try row.integer("runner_acknowledged")
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
            return (acknowledged, Change(state: state, effects: effects))
        }
    }

    /// Writes down that the sessions are looked after at this moment.
    func tick() async throws {
        _ = try await store.write { transaction in
            try transaction.execute(
                "INSERT INTO last_tick (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at", now())
        }
    }

    /// When they were looked after last; `nil` when that was never written down.
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
            let outcome = SessionReducer.reduce(state, input, now: now(), timing: timing)
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
                // Its images are read when the runner asks for it: they stand in the database once.
                let text = try transaction.first("SELECT text FROM prompts WHERE id = $1", prompt)?.text("text") ?? ""
                try write(.prompt(AgentCommand.Prompt(id: prompt, text: text)), for: session, state.attempt, transaction)
            case .prepare, .abandonPreparation, .launch, .salvage, .cleanUp: break
            }
        }
        try transaction.execute(
            "UPDATE sessions SET state = $1, phase = $2, settled = $3, last_seq = $4, updated_at = $5 WHERE id = $6",
            try state.stored(), state.phase, state.isSettled, writer.lastSeq, now(), session)
        if state.runnerIsGone {
            // From here on the runner of this attempt is nobody: its token gives the sign-in back and opens nothing else.
            try transaction.execute(
                "UPDATE sessions SET runner_token_hash = NULL, sync_token_until = COALESCE(sync_token_until, $1) WHERE id = $2",
                now() + timing.givingBack, session)
            try leases.end(SessionReference(session), in: transaction)
        }
        if state.isSettled { try PromptImages.forget(in: session, transaction) }
    }

    /// A command for the runner is recorded with the state that asks for it, so none is lost and none written twice.
    private func write(
        _ command: AgentCommand, for session: SessionID, _ attempt: Int, _ transaction: any Transaction
    ) throws {
        try transaction.execute(
            """
            INSERT INTO runner_commands (session_id, attempt, n, command)
            SELECT $1, $2, COALESCE(MAX(n), 0) + 1, $3 FROM runner_commands WHERE session_id = $1 AND attempt = $2
            """, session, attempt, try JSONLine.text(command))
    }

    /// The state in which a session stands.
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

/// Appends to one session's log inside a transaction and counts.
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
