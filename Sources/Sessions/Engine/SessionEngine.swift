import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Crypto
import Foundation
import Gateway
import Logging
import Settings
import Store
import Workspaces

/// Runs sessions: takes what happens, changes their state through the one reducer, and does what follows.
///
/// The state is in the database; this actor holds only what can be made anew: tasks under way, and when a
/// runner was last heard. After a restart ``run()`` takes up every session where its record stands.
public actor SessionEngine {
    let sessions: SessionStore
    let accounts: Accounts
    let settings: Settings
    let credentials: Credentials
    let gateway: Gateway
    let catalogue: LiveCatalogue
    let host: any WorkspaceHost
    let endpoints: any SessionEndpoints
    let programs: String
    let timing: Timing
    nonisolated let clock: EngineClock
    let logger: Logger
    nonisolated let ticker = Ticker()
    nonisolated let steps = StepBoard()
    /// Reading sessions and their logs.
    public nonisolated let queries: SessionQueries

    /// The sessions that are not settled, as they were committed last.
    var states: [SessionID: SessionState] = [:]
    /// When each is to be looked at.
    var schedule = Schedule()
    /// When the loop wakes by itself.
    var armedFor = Int64.max
    var nextTick: Int64 = 0
    var nextLookAtAll: Int64 = 0
    /// Whether somebody who waits in line may have got their turn.
    var queueIsDue = true
    /// Whether somebody may have left a project or been shut out.
    var peopleHaveChanged = true
    private var alarm: Task<Void, Never>?

    var lastHeard: [SessionID: Int64] = [:]
    /// When it was last looked whether a runner lives.
    var lastLookAtRunner: [SessionID: Int64] = [:]
    /// The attempts whose runners' ends are told.
    var watched: [SessionID: Int] = [:]
    /// Sessions whose runners are dead, and what they left is being taken in.
    var bereaved: Set<SessionID> = []
    var pulses: [SessionID: Pulse] = [:]
    /// Sessions that are not settled and whose rows can't be read.
    var unreadable: Set<SessionID> = []
    /// What is being done for a session. One thing after another: each begins when the one before has ended.
    var work: [SessionID: Task<Void, Never>] = [:]
    /// How often something was begun for a session.
    var workNumbers: [SessionID: Int] = [:]
    /// What makes a session's workspace at the moment.
    var preparations: [SessionID: Task<Void, Never>] = [:]
    /// Projects that are being removed: nothing begins in them.
    var leavingProjects: Set<ProjectID> = []
    /// Who waits to change a session that is being changed.
    private var waiting: [SessionID: [CheckedContinuation<Void, Never>]] = [:]
    private let wake: AsyncStream<Void>
    nonisolated let waker: AsyncStream<Void>.Continuation

    /// Makes an engine. Nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - programs: the folder with SAM's own programs.
    ///   - now: the machine's clock, in UTC milliseconds.
    ///   - steady: milliseconds that pass while the machine is awake, whatever its clock is set to.
    public init(
        store: Store, accounts: Accounts, settings: Settings, credentials: Credentials, gateway: Gateway, catalogue: LiveCatalogue,
        host: any WorkspaceHost, endpoints: any SessionEndpoints, programs: String, timing: Timing = Timing(),
        now: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64 = awakeMilliseconds, logger: Logger
    ) {
        let clock = EngineClock(wall: now, steady: steady)
        self.clock = clock
        sessions = SessionStore(store: store, leases: gateway.leases, timing: timing, now: { clock.now })
        queries = SessionQueries(store: store)
        self.accounts = accounts
        self.settings = settings
        self.credentials = credentials
        self.gateway = gateway
        self.catalogue = catalogue
        self.host = host
        self.endpoints = endpoints
        self.programs = programs
        self.timing = timing
        self.logger = logger
        (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// The engine's time, in UTC milliseconds.
    nonisolated func now() -> Int64 { clock.now }

    /// Supervises until the task is cancelled. Call ``resume()`` before.
    public func run() async {
        let store = sessions.store
        // Nothing is asked again and again that a change tells of.
        let people = Task { for await _ in store.changes(of: ["access_changes", "members", "users"]) { lookAtPeople() } }
        let means = Task {
            for await _ in store.changes(of: ["settings", "credentials", "bindings", "pins"]) { hurry() }
        }
        hurry()
        for await _ in wake {
            // What is planned meanwhile is seen when it is armed.
            armedFor = .min
            await superviseDue()
            arm()
        }
        for task in [people, means, alarm].compactMap(\.self) + work.values { task.cancel() }
        // This task is cancelled, and what it waits for would not be done.
        await Task { await recordTick() }.value
        ticker.finish()
    }

    /// Has the loop woken when something is due next.
    private func arm() {
        armedFor = min(schedule.earliest ?? .max, nextTick)
        alarm?.cancel()
        let wait = max(0, armedFor - now())
        alarm = Task { [waker] in
            // When it is cancelled, another is set.
            guard (try? await Task.sleep(for: .milliseconds(wait))) != nil else { return }
            waker.yield()
        }
    }

    /// A stream that ticks when the session's log may have grown, and at least every ten seconds.
    public nonisolated func changes(of session: SessionID) -> AsyncStream<Void> { ticker.follow(session) }

    // MARK: - Change

    /// Takes an input: the record first, then the deed.
    @discardableResult
    func apply(_ inputs: SessionInput..., to session: SessionID) async throws -> SessionState {
        try await change(session) { _ in inputs }.state
    }

    /// Takes an input that is about one attempt. When another has followed it, nothing happens.
    @discardableResult
    func apply(_ input: SessionInput, to session: SessionID, ofAttempt attempt: Int) async throws -> SessionState {
        try await change(session) { transaction in
            try SessionStore.state(session, transaction).attempt == attempt ? [input] : []
        }.state
    }

    /// Changes a session and begins what follows. One change of a session after another, so that effects begin in the order in which
    /// their changes were committed.
    @discardableResult
    func change(
        _ session: SessionID, _ inputs: @escaping @Sendable (any Transaction) throws -> [SessionInput],
        check: @escaping @Sendable (SessionState) throws -> Void = { _ in }
    ) async throws -> SessionStore.Change {
        await enter(session)
        defer { leave(session) }
        let change = try await sessions.apply(to: session, inputs, check: check)
        carryOut(change, session)
        return change
    }

    /// Waits until nothing else changes a session. Ends with ``leave(_:)``.
    func enter(_ session: SessionID) async {
        guard waiting[session] != nil else {
            waiting[session] = []
            return
        }
        await withCheckedContinuation { waiting[session]?.append($0) }
    }

    func leave(_ session: SessionID) {
        guard waiting[session]?.isEmpty == false else {
            waiting[session] = nil
            return
        }
        waiting[session]?.removeFirst().resume()
    }

    /// Tells whoever follows a session something, in its log.
    ///
    /// - Throws: ``SessionsError``; `StoreError`.
    public func note(_ sentence: String, in session: SessionID) async throws {
        try await apply(.noted(sentence), to: session)
    }

    /// Begins what follows from a change. Only between ``enter(_:)`` and ``leave(_:)``.
    func carryOut(_ change: SessionStore.Change, _ session: SessionID) {
        ticker.tick(session)
        // A lease that has ended opens nothing from now on, and not from in a moment on.
        if change.state.runnerIsGone { gateway.forget() }
        for effect in change.effects { begin(effect, session) }
        keep(change.state, of: session)
    }

    /// Does a piece of work for a session in the background, after what is being done for it already. The engine's end
    /// cancels it.
    @discardableResult
    func inBackground(_ session: SessionID, _ body: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        let previous = work[session]
        let number = workNumbers[session, default: 0] + 1
        workNumbers[session] = number
        let task = Task {
            await previous?.value
            do {
                try await body()
            } catch is CancellationError {
                // It was abandoned, or the engine stops; the record stands.
            } catch {
                logger.error("\(session.rawValue): \(error)")
                // Whatever stood in the way gets a moment to pass before it is tried again.
                try? await Task.sleep(for: .seconds(1))
            }
            guard workNumbers[session] == number else { return }
            work[session] = nil
            workNumbers[session] = nil
            plan(session)
        }
        work[session] = task
        return task
    }
}
