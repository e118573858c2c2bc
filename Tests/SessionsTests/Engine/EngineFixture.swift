import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Foundation
import Gateway
import Logging
import Metering
import NIOPosix
import Settings
import Store
import Synchronization
import Vault
import Workspaces

@testable import Sessions

/// An engine on a database of its own, with a host and a clock that the test holds. Nothing is looked after unless the test says so.
struct EngineFixture: Sendable {
    let store: Store
    let accounts: Accounts
    let engine: SessionEngine
    let settings: Settings
    let host: StagedHost
    let endpoints: StagedEndpoints
    let clock: TestClock
    let user: UserID
    let project: Project
    private let folder: String

    /// Runs a test's body.
    ///
    /// - Parameter clock: one that the test moves, if it is no other.
    static func with<Result>(
        clock: TestClock = TestClock(), _ body: (EngineFixture) async throws -> Result
    ) async throws -> Result {
        let folder = "/tmp/sam-engine-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
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
                folder, store, host: StagedHost(), endpoints: StagedEndpoints(), clock: clock, user: user, project: project))
    }

    /// Another server's engine, on the same database and machine.
    func twin() async throws -> EngineFixture {
        try await Self.make(folder, store, host: host, endpoints: StagedEndpoints(), clock: clock, user: user, project: project)
    }

    private static func make(
        _ folder: String, _ store: Store, host: StagedHost, endpoints: StagedEndpoints, clock: TestClock, user: UserID, project: Project
    ) async throws -> EngineFixture {
        let now: @Sendable () -> Int64 = { clock.now }
        let accounts = Accounts(store: store, now: now)
        let settings = Settings(store: store, accounts: accounts, now: now)
        let credentials = Credentials(
            store: store, accounts: accounts,
            vault: try await Credentials.openVault(.file(path: folder + "/keys"), store: store, now: now()), now: now)
        let budgets = Budgets(store: store, accounts: accounts, now: now)
        let logger = Logger(label: "test")
        let ledger = try UsageLedger(
            budgets: budgets, prices: PriceList(userFile: folder + "/prices.yaml"),
            spool: folder + "/usage-\(UInt64.random(in: 0 ... .max))", holder: "test", logger: logger)
        let gateway = try Gateway(
            store: store, accounts: accounts, credentials: credentials, budgets: budgets, ledger: ledger,
            desk: BudgetDesk(budgets: budgets, holder: "test"), settings: settings, group: .singletonMultiThreadedEventLoopGroup, now: now)
        let engine = SessionEngine(
            store: store, accounts: accounts, settings: settings, credentials: credentials, gateway: gateway,
            catalogue: LiveCatalogue(userFile: folder + "/agents.yaml"), host: host, endpoints: endpoints, programs: "/usr/bin", now: now,
            steady: { clock.steady }, logger: logger)
        return EngineFixture(
            store: store, accounts: accounts, engine: engine, settings: settings, host: host, endpoints: endpoints, clock: clock,
            user: user, project: project,
            folder: folder)
    }

    // MARK: - What a test does

    /// A new session, which waits for its turn.
    func create() async throws -> SessionID {
        try await engine.create(project: project, agent: "shell", task: nil, ending: .onRequest, by: user).id
    }

    /// A new session whose agent is ready.
    func ready() async throws -> SessionID {
        let session = try await create()
        await engine.supervise()
        await host.launched(session)
        await quiet(session)
        try await tell([.agentStarted(AgentStart(sandbox: "x")), .handshake(AgentIdentity(name: "a"))], of: session)
        return session
    }

    /// What a session's runner tells.
    func tell(_ events: [AgentEvent], of session: SessionID) async throws {
        for event in events { try await engine.apply(.agent(event), to: session) }
        try await engine.heard(RunnerIdentity(session: session, attempt: 1), nil)
    }

    /// Waits until something holds of a session's state.
    func until(_ session: SessionID, _ holds: (SessionState) -> Bool) async throws {
        // Followed before it is read: what changes in between is not missed.
        let changes = engine.changes(of: session)
        if holds(try await engine.queries.session(session).state) { return }
        for await _ in changes {
            if holds(try await engine.queries.session(session).state) { return }
        }
    }

    /// Waits until nothing is done for a session any more.
    func quiet(_ session: SessionID) async {
        while let work = await engine.work[session] { await work.value }
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
