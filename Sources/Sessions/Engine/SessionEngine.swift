import Accounts
import AgentCatalogue
import AgentProtocol
import Crypto
import Foundation
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
    let catalogue: Catalogue
    let host: any WorkspaceHost
    let endpoints: any SessionEndpoints
    let programs: String
    let timing: Timing
    let now: @Sendable () -> Int64
    let logger: Logger
    nonisolated let ticker = Ticker()
    /// Reading sessions and their logs.
    public nonisolated let queries: SessionQueries

    var preparations: [SessionID: Task<Void, Never>] = [:]
    var lastHeard: [SessionID: Int64] = [:]
    var work: [UUID: Task<Void, Never>] = [:]
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// Makes an engine. Nothing happens before ``run()``.
    ///
    /// - Parameter programs: the folder with SAM's own programs.
    public init(
        store: Store, accounts: Accounts, settings: Settings, catalogue: Catalogue, host: any WorkspaceHost,
        endpoints: any SessionEndpoints, programs: String, timing: Timing = Timing(), now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        sessions = SessionStore(store: store, timing: timing, now: now)
        queries = SessionQueries(store: store)
        self.accounts = accounts
        self.settings = settings
        self.catalogue = catalogue
        self.host = host
        self.endpoints = endpoints
        self.programs = programs
        self.timing = timing
        self.now = now
        self.logger = logger
        (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Supervises until the task is cancelled.
    public func run() async {
        await resume()
        let clock = Task { [waker] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(250))
                waker.yield()
            }
        }
        defer { clock.cancel() }
        var rounds = 0
        for await _ in wake {
            await supervise()
            rounds += 1
            if rounds % 40 == 0 { ticker.tickAll() }
        }
        ticker.finish()
        for task in work.values { task.cancel() }
    }

    /// Looks after the sessions now rather than at the next tick of the clock.
    nonisolated func hurry() { waker.yield() }

    /// A stream that ticks when the session's log may have grown, and at least every ten seconds.
    public nonisolated func changes(of session: SessionID) -> AsyncStream<Void> { ticker.follow(session) }

    // MARK: - Change

    /// Takes an input: the record first, then the deed.
    @discardableResult
    func apply(_ inputs: SessionInput..., to session: SessionID) async throws -> SessionState {
        let change = try await sessions.apply(inputs, to: session)
        carryOut(change, session)
        return change.state
    }

    func carryOut(_ change: SessionStore.Change, _ session: SessionID) {
        ticker.tick(session)
        for effect in change.effects { begin(effect, session) }
        if change.state.phase.isEnd { hurry() }
    }

    /// Does a piece of work in the background; the engine's end cancels it.
    func inBackground(_ session: SessionID, _ body: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        let number = UUID()
        let task = Task {
            do {
                try await body()
            } catch is CancellationError {
                // The engine stops; the record stands and the next start takes it up.
            } catch {
                logger.error("\(session.rawValue): \(error)")
            }
            work[number] = nil
        }
        work[number] = task
        return task
    }
}
