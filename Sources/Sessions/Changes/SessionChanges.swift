import AgentProtocol
import Credentials
import Gateway
import Metrics
import Store

/// Changes sessions: the record is committed first, then the work that follows is requested.
///
/// Each change is one transaction that goes through the reducer. A value around the store and the signals; safe to share between tasks.
public struct SessionChanges: Sendable {
    /// Reads sessions and their logs.
    public let queries: SessionQueries
    let sessions: SessionStore
    let signals: SessionSignals
    let access: any GatewayAccessControl
    private let metrics: SessionMetrics
    private let order = ChangeOrder()

    /// Creates the service. It is made before the gateway, whose tools change sessions.
    ///
    /// - Parameters:
    ///   - access: what the gateway remembers of sessions' access.
    ///   - now: the machine's clock, in UTC milliseconds.
    ///   - steady: milliseconds that pass while the machine is awake, whatever its clock is set to.
    ///   - factory: where its counts go; by default to the program's backend of swift-metrics.
    public init(
        store: Store, leases: Leases, access: any GatewayAccessControl, timing: Timing = Timing(), now: @escaping @Sendable () -> Int64,
        steady: @escaping @Sendable () -> Int64 = awakeMilliseconds, countingIn factory: any MetricsFactory = MetricsSystem.factory
    ) {
        let clock = SessionClock(wall: now, steady: steady)
        sessions = SessionStore(store: store, leases: leases, timing: timing, now: { clock.now })
        queries = SessionQueries(store: store)
        signals = SessionSignals(clock: clock, timing: timing)
        self.access = access
        metrics = SessionMetrics(factory: factory)
    }

    /// The time, in UTC milliseconds.
    func now() -> Int64 { signals.now() }

    /// A stream that ticks when a session's log may have grown, and at least every ten seconds.
    public func follow(_ session: SessionID) -> AsyncStream<Void> { signals.ticker.follow(session) }

    /// Writes a note for followers into a session's log.
    ///
    /// - Throws: ``SessionsError``; `StoreError`.
    public func note(_ sentence: String, in session: SessionID) async throws {
        try await apply(.noted(sentence), to: session)
    }

    /// Applies inputs.
    @discardableResult
    func apply(_ inputs: SessionInput..., to session: SessionID) async throws -> SessionState {
        try await change(session) { _ in inputs }.state
    }

    /// Applies an input that is about one attempt. Does nothing when a later attempt has started.
    @discardableResult
    func apply(_ input: SessionInput, to session: SessionID, ofAttempt attempt: Int) async throws -> SessionState {
        try await change(session) { transaction in
            try SessionStore.state(session, transaction).attempt == attempt ? [input] : []
        }.state
    }

    /// Changes a session. Changes of one session run one after another, so that their effects start in the order in which they were
    /// committed.
    ///
    /// - Parameters:
    ///   - inputs: computed in the transaction, from the current rows.
    ///   - check: checks the resulting state; when it throws, the transaction is rolled back.
    @discardableResult
    func change(
        _ session: SessionID, _ inputs: @escaping @Sendable (any Transaction) throws -> [SessionInput],
        check: @escaping @Sendable (SessionState) throws -> Void = { _ in }
    ) async throws -> SessionStore.Change {
        try await order.run(at: session) {
            let change = try await sessions.apply(to: session, inputs, check: check)
            committed(change, of: session)
            return change
        }
    }

    /// Stores events of an attempt.
    ///
    /// - Returns: the number up to which all events are stored.
    func ingest(_ events: [NumberedEvent], for session: SessionID, attempt: Int) async throws -> Int {
        try await order.run(at: session) {
            let (acknowledged, stored, change) = try await sessions.ingest(events, for: session, attempt: attempt)
            committed(change, of: session, events: stored)
            return acknowledged
        }
    }

    private func committed(_ change: SessionStore.Change, of session: SessionID, events: Int = 0) {
        metrics.committed(change, events: events)
        // Drops what the gateway remembers, so that an ended lease stops working at once.
        if change.state.runnerIsGone || change.state.hasOutcome { access.invalidate(SessionReference(session)) }
        signals.committed(change, of: session)
    }

    /// Requests work again that is recorded and not running: never started, or failed.
    func repeatWork(of session: SessionID) async throws {
        // Work of changes that are committed while the state is read is requested after this.
        try await order.run(at: session) {
            let state = try await queries.session(session).state
            guard !signals.isWorkedOn(session) else { return }
            signals.start(SessionReducer.resume(state), of: session)
        }
    }

    /// Runs a body while no other change of the session is made, and so none of its work starts.
    func withoutChanges<Result: Sendable>(of session: SessionID, _ body: @Sendable () async throws -> Result) async rethrows -> Result {
        try await order.run(at: session) { try await body() }
    }
}
