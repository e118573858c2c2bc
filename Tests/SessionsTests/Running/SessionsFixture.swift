import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Foundation
import Gateway
import Logging
import Metering
import MetricsTestKit
import NIOPosix
import Settings
import Store
import Synchronization
import Vault
import Workspaces

@testable import Sessions

/// Sessions on a database of their own, with a host and a clock that the test holds. Requested work is done; nothing is supervised unless
/// the test says so.
struct SessionsFixture: Sendable {
    let store: Store
    let accounts: Accounts
    let sessions: Sessions
    let settings: Settings
    let host: StagedHost
    let endpoints: StagedEndpoints
    let access: AccessCounter
    let metrics: TestMetrics
    let clock: TestClock
    let user: UserID
    let project: Project
    private let folder: String
    private let works: Works

    /// Runs a test's body.
    ///
    /// - Parameter clock: one that the test moves, if it is no other.
    static func with<Result>(
        clock: TestClock = TestClock(), _ body: (SessionsFixture) async throws -> Result
    ) async throws -> Result {
        let folder = "/tmp/sam-sessions-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let works = Works()
        defer {
            works.cancel()
            try? FileManager.default.removeItem(atPath: folder)
        }
        // A program that is on every machine stands for an agent's; none is ever started.
        try Data("agents:\n  - {id: shell, protocol: acp, command: [sh]}\n".utf8).write(to: URL(filePath: folder + "/agents.yaml"))
        let store = try Store.sqlite(at: folder + "/sam.db")
        try await store.migrate(
            Accounts.migrations + Settings.migrations + CredentialTables.migrations + MeteringTables.migrations
                + GatewayTables.migrations + SessionTables.migrations, now: clock.now)
        let accounts = Accounts(store: store, now: { clock.now })
        let user = try await accounts.owner().id
        let project = try await accounts.addProject(named: "project", repository: "/repository", sandbox: .bubblewrap, by: user)
        return try await body(
            try await make(
                folder, store, works, host: StagedHost(), endpoints: StagedEndpoints(), clock: clock, user: user, project: project))
    }

    /// Another server's sessions, on the same database and machine.
    func twin() async throws -> SessionsFixture {
        try await Self.make(folder, store, works, host: host, endpoints: StagedEndpoints(), clock: clock, user: user, project: project)
    }

    private static func make(
        _ folder: String, _ store: Store, _ works: Works, host: StagedHost, endpoints: StagedEndpoints, clock: TestClock, user: UserID,
        project: Project
    ) async throws -> SessionsFixture {
        let now: @Sendable () -> Int64 = { clock.now }
        let accounts = Accounts(store: store, now: now)
        let settings = Settings(store: store, accounts: accounts, now: now)
        let credentials = CredentialServices(
            store: store, accounts: accounts,
            vault: try await VaultOpening.open(.file(path: folder + "/keys"), store: store, now: now()), now: now)
        let logger = Logger(label: "test")
        let access = AccessCounter()
        let metrics = TestMetrics()
        let sessions = Sessions(
            changes: SessionChanges(
                store: store, leases: Leases(store: store, accounts: accounts, now: now), access: access, now: now,
                steady: { clock.steady }, countingIn: metrics),
            accounts: accounts, settings: settings, credentials: credentials, requests: NoRequests(),
            catalogue: LiveCatalogue(userFile: folder + "/agents.yaml"), host: host, endpoints: endpoints,
            logger: logger)
        works.start(sessions.work)
        return SessionsFixture(
            store: store, accounts: accounts, sessions: sessions, settings: settings, host: host, endpoints: endpoints, access: access,
            metrics: metrics, clock: clock,
            user: user, project: project, folder: folder, works: works)
    }

    // MARK: - What a test does

    /// A new session, which waits for its turn.
    func create(by user: UserID? = nil) async throws -> SessionID {
        try await sessions.commands.create(project: project, agent: "shell", task: nil, ending: .onRequest, by: user ?? self.user).id
    }

    /// A new session whose agent is ready.
    func ready() async throws -> SessionID {
        let session = try await create()
        await sessions.supervisor.supervise()
        await host.launched(session)
        await quiet(session)
        try await tell([.agentStarted(AgentStart(sandbox: "x")), .handshake(AgentIdentity(name: "a"))], of: session)
        return session
    }

    /// What a session's runner tells.
    func tell(_ events: [AgentEvent], of session: SessionID) async throws {
        for event in events { try await sessions.changes.apply(.agent(event), to: session) }
        try await sessions.runners.heard(RunnerIdentity(session: session, attempt: 1), nil)
    }

    /// What the tools of sessions' agents call.
    var agentRequests: AgentRequests { AgentRequests(changes: sessions.changes, settings: settings) }

    /// The sessions whose rows can't be read, as far as the supervisor knows.
    var unreadable: Set<SessionID> { sessions.changes.signals.update { $0.unreadable } }

    /// Waits until something holds of a session's state.
    func until(_ session: SessionID, _ holds: (SessionState) -> Bool) async throws {
        // Followed before it is read: what changes in between is not missed.
        let changes = sessions.changes.follow(session)
        if holds(try await sessions.queries.session(session).state) { return }
        for await _ in changes {
            if holds(try await sessions.queries.session(session).state) { return }
        }
    }

    /// Waits until nothing is done for a session any more.
    func quiet(_ session: SessionID) async {
        // Work that was requested and has not begun has no task yet.
        while sessions.changes.signals.isWorkedOn(session) {
            if let task = await sessions.work.tasks[session] { await task.value } else { await Task.yield() }
        }
    }

    /// Changes a column of a session's row, as nothing of SAM's does.
    func set(_ column: String, to value: String, of session: SessionID) async throws {
        _ = try await store.write { try $0.execute("UPDATE sessions SET \(column) = $1 WHERE id = $2", value, session) }
    }

    /// A session's row as it is stored.
    func stored(_ session: SessionID) async throws -> String {
        try await store.read { try $0.first("SELECT state FROM sessions WHERE id = $1", session)?.text("state") ?? "" }
    }
}

/// The work of all servers of a test.
final class Works: Sendable {
    private let tasks = Mutex<[Task<Void, Never>]>([])

    func start(_ work: SessionWork) { tasks.withLock { $0.append(Task { await work.run() }) } }

    func cancel() { for task in tasks.withLock({ $0 }) { task.cancel() } }
}

/// Counts what a gateway is told to drop.
final class AccessCounter: GatewayAccessControl {
    private let counts = Mutex<[SessionReference: Int]>([:])

    func invalidate(_ session: SessionReference) { counts.withLock { $0[session, default: 0] += 1 } }
    func invalidateAll() {}

    /// How often the memory of a session's access was dropped.
    func invalidated(_ session: SessionID) -> Int { counts.withLock { $0[SessionReference(session)] ?? 0 } }
}

/// A gateway without open requests.
struct NoRequests: OpenModelRequests {
    func oldestOpenRequest(of session: SessionReference) -> Int64? { nil }
}

/// A machine's clock that a test moves.
final class TestClock: Sendable {
    private struct Time {
        var wall: Int64 = 1_000_000
        var steady: Int64 = 0
    }

    private let time = Mutex(Time())
    private let runs: Bool

    /// - Parameter runs: whether time passes by itself, too.
    init(runs: Bool = false) {
        self.runs = runs
    }

    private var passed: Int64 { runs ? awakeMilliseconds() : 0 }

    /// UTC milliseconds.
    var now: Int64 { time.withLock { $0.wall } + passed }

    /// Milliseconds in which the machine was awake.
    var steady: Int64 { time.withLock { $0.steady } + passed }

    /// Time passes.
    func advance(by milliseconds: Int64) {
        time.withLock {
            $0.wall += milliseconds
            $0.steady += milliseconds
        }
    }

    /// Somebody sets the clock, or the machine sleeps.
    func set(by milliseconds: Int64) { time.withLock { $0.wall += milliseconds } }
}
