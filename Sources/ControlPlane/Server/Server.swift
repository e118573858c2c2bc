import API
import Accounts
import AgentCatalogue
import AgentProtocol
import AgentTools
import Credentials
import Foundation
import Gateway
import Hummingbird
import HummingbirdCore
import Limits
import Logging
import Metering
import NIOCore
import Processes
import Rehearsal
import ServiceLifecycle
import Sessions
import Settings
import Store
import UnixSignals
import Vault
import Wording
import Workspaces

/// The control plane as a process: database, sessions and listeners.
public struct Server: Sendable {
    /// The server's options.
    public struct Options: Sendable {
        /// The address to listen on, in addition to the control socket in SAM's home.
        public var host = "127.0.0.1"
        /// The port; 0 for any free one.
        public var port = 7_260
        /// The time without a request or an unsettled session after which the server exits; `nil` for never.
        public var idleLimit: Duration?
        /// The address for workspaces on other machines; `nil` for none.
        public var remote: Remote?

        /// Creates the default options.
        public init() {}

        /// An address for workspaces on other machines, with its certificate.
        public struct Remote: Sendable {
            /// The address to listen on.
            public var host: String
            /// The port; 0 for any free one.
            public var port: Int
            /// The path of a PEM file with the certificate chain.
            public var certificate: String
            /// The path of a PEM file with the certificate's key.
            public var key: String

            /// Creates a description of an address.
            public init(host: String, port: Int, certificate: String, key: String) {
                self.host = host
                self.port = port
                self.certificate = certificate
                self.key = key
            }
        }
    }

    /// This program's version.
    public static let version = "0.1.0"

    private let home: Home
    private let options: Options
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let makeHost: @Sendable (Home, Logger) throws -> any WorkspaceHost

    /// Creates a server, which does nothing before ``run(onReady:)``.
    ///
    /// - Parameters:
    ///   - metrics: what `/metrics` shows; the backend of swift-metrics in this process.
    ///   - makeHost: makes the host on which workspaces live, once the home is there.
    public init(
        home: Home, options: Options, metrics: MetricsRegistry, logger: Logger,
        makeHost: @escaping @Sendable (Home, Logger) throws -> any WorkspaceHost = { try LocalHost(home: $0, logger: $1) }
    ) {
        self.makeHost = makeHost
        self.home = home
        self.options = options
        self.metrics = metrics
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Parameter onReady: called with the server's view once all listeners are bound.
    /// - Throws: ``ServerError``, `WorkspaceError` or `StoreError` if it can't start.
    public func run(onReady: @escaping @Sendable (ServerView) -> Void) async throws {
        let descriptors = Self.raiseDescriptorLimit()
        guard descriptors >= ConnectionLimits.leastDescriptors else {
            throw ServerError(
                "The limit of open files is \(descriptors), and SAM needs \(ConnectionLimits.leastDescriptors). Raise it: ulimit -n 4096")
        }
        Self.forbidCoreFiles()
        try home.checkOwner()
        guard FileLock.standing(path: home.serverLock) != .held else { throw runsAlready }
        // Before the home is made: a start that fails leaves none behind.
        try await ListenAddress(host: options.host, port: options.port).check()
        if let remote = options.remote { try await ListenAddress(host: remote.host, port: remote.port, option: .remote).check() }
        try home.create()
        // Before the lock, which can't be taken either then.
        if let obstacle = DatabaseObstacle.found(home) { throw ServerError(obstacle.problem.sentence) }
        let lock: FileLock
        do {
            lock = try ServerLock.take(home)
        } catch {
            switch error {
            case .held: throw runsAlready
            case .unusable(let sentence): throw ServerError("\(sentence) Nothing was changed.")
            }
        }
        defer { withExtendedLifetime(lock) {} }
        try await StateGuard(home: home).check()
        let store: Store
        do { store = try Store.sqlite(at: home.database) } catch { throw Self.explained(error, home) }
        do {
            try await serve(store, descriptors: descriptors, onReady)
        } catch {
            await store.closeOrTell(logger)
            throw Self.explained(error, home)
        }
        await store.closeOrTell(logger)
    }

    private var runsAlready: ServerError {
        let holder = FileLock.holder(path: home.serverLock).map { " (process \($0))" } ?? ""
        return ServerError("A server runs on \(home.path) already\(holder). Stop it with: sam stop. Sessions keep running without it.")
    }

    /// The error, or what keeps the database from being used and the remedy.
    private static func explained(_ error: any Error, _ home: Home) -> any Error {
        guard let problem = DatabaseObstacle(error, home: home)?.problem else { return error }
        return ServerError("\(problem.what) \(problem.remedy)")
    }

    /// Serves with an open database.
    private func serve(_ store: Store, descriptors: Int, _ onReady: @escaping @Sendable (ServerView) -> Void) async throws {
        let now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1_000) }
        try await store.migrate(Self.migrations, now: now())
        try await store.modernise(logger)
        store.unreadable.tell { [logger] row in
            logger.error("\(row.table) \(row.id) can't be read and is kept as it is: \(row.reason). `sam doctor` names all of them.")
        }
        // Before anything but the schema is changed: if its master keys are missing, this is the wrong database.
        let vault = try await VaultOpening.open(
            KeyringSource(environment: ProcessInfo.processInfo.environment, file: home.masterKeys), store: store, now: now())
        let accounts = Accounts(store: store, now: now)
        let credentials = CredentialServices(
            store: store, accounts: accounts, vault: vault, identities: try await IdentityKeys(folder: home.identityKeys),
            renewals: home.renewals, logger: logger, now: now)
        let settings = Settings(store: store, accounts: accounts, now: now)
        for sentence in try await settings.tellOfBoundedValues() { logger.warning("\(sentence)") }
        let owner = try await accounts.owner()
        try await OwnerToken(file: home.tokenFile).ensure(accounts, owner)

        let catalogue = LiveCatalogue(userFile: home.userCatalogue) { [logger] catalogue in
            for problem in catalogue.problems { logger.warning("\(problem)") }
        }
        let host = try makeHost(home, logger)
        // Made before the gateway, whose tools and egress gate change sessions, and before the work on sessions, which the gateway serves.
        let access = RememberedAccess()
        let changes = SessionChanges(
            store: store, leases: Leases(store: store, accounts: accounts, now: now), access: access, now: now)
        let egress = SessionEgress(sessions: changes, settings: settings, accounts: accounts, catalogue: catalogue, logger: logger)
        let tools = ToolServer(requests: AgentRequests(changes: changes, settings: settings), results: host, now: now)
        let admission = Admission(
            limits: ConnectionLimits(descriptors: descriptors), refusals: Refusals { [logger] in logger.warning("\($0)") })
        let held = HeldBytes(limit: HeldBytes.share()) { admission.person(of: $0) }
        let metered = try MeteredGateway(
            home: home, store: store, accounts: accounts, lender: credentials.lender, refreshes: credentials.refreshes, settings: settings,
            egress: egress.gate, tools: tools.gate, access: access, admission: admission, held: held, now: now, logger: logger)
        try await metered.ledger.recover()
        for sentence in await metered.gateway.recover() { logger.warning("\(sentence)") }

        let sockets = SessionSockets(home: home, gateway: metered.gateway, admission: admission, logger: logger)
        let sessions = Sessions(
            changes: changes, accounts: accounts, settings: settings, credentials: credentials, requests: metered.gateway,
            catalogue: catalogue, host: host, endpoints: sockets, logger: logger)
        let activity = Activity()
        let (bound, boundSender) = AsyncStream.makeStream(of: Int.self)
        let router = APIRouter(
            dependencies: Dependencies(
                store: store, accounts: accounts, settings: settings, credentials: credentials, catalogue: catalogue, sessions: sessions,
                host: host, metered: metered, admission: admission, held: held, metrics: metrics),
            activity: activity)
        await sessions.resume()
        var remote: RemoteListener?
        if let options = options.remote {
            remote = try await RemoteListener(
                options, gateway: metered.gateway, runners: sessions.runners, sockets: sockets, admission: admission,
                api: RunnerChannel(responder: router.forRemoteRunners().buildResponder(), logger: quiet(logger)))
        }
        let count: @Sendable (any Channel, OpenCount) async -> Void = { [logger] listener, open in
            do {
                try await open.gate(listener).get()
            } catch {
                logger.error("The connections of a listener are not counted: \(logWords(of: error))")
            }
        }
        let network = ListeningService(
            base: Application(
                router: router.forNetwork(),
                server: HTTPServerBuilder { GatewayChannel(base: HTTP1Channel(responder: $0), gateway: metered.gateway) },
                configuration: .init(address: .hostname(options.host, port: options.port), serverName: "sam"),
                onServerRunning: { listener in
                    await count(listener, admission.open)
                    boundSender.yield(listener.localAddress?.port ?? 0)
                }, logger: quiet(logger)),
            address: ListenAddress(host: options.host, port: options.port))
        let control = Application(
            router: router.forControlSocket(),
            server: HTTPServerBuilder {
                GuardedChannel(base: HTTP1Channel(responder: $0), admission: admission, listener: .control)
            },
            configuration: .init(address: .unixDomainSocket(path: home.controlSocket), serverName: "sam"),
            onServerRunning: { listener in
                await count(listener, admission.open)
                boundSender.yield(-1)
            }, logger: quiet(logger))

        let rehearsal = RehearsalServer(script: home.rehearsalScript).application(
            socket: home.rehearsalSocket,
            server: HTTPServerBuilder { HTTP1Channel(responder: $0) },
            held: held, onServerRunning: { await count($0, admission.toRehearsal) }, logger: quiet(logger, below: .critical))
        let announcement = Announcement(
            home: home, host: options.host, remote: remote?.url,
            idleLimit: options.idleLimit, bound: bound, router: router, onReady: onReady)
        let services: [any Service] =
            [
                LedgerService(ledger: metered.ledger), rehearsal, network, control, SessionService(sessions: sessions, sockets: sockets),
                StoreUpkeep(store: store, logger: logger), HousekeepingService(host: host, queries: sessions.queries), announcement,
            ]
            + (options.idleLimit.map { [IdleService(activity: activity, sessions: sessions, limit: $0)] } ?? [])
            + (remote.map { [$0] } ?? [])
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger)))
        try await group.run()
        try? FileManager.default.removeItem(atPath: home.serverFile)
    }

    /// The tables of all modules.
    static let migrations =
        Accounts.migrations + Settings.migrations + CredentialTables.migrations + MeteringTables.migrations + GatewayTables.migrations
        + SessionTables.migrations

    /// Raises the soft limit of descriptors: each session takes a few.
    ///
    /// - Returns: the current limit.
    private static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0 else { return 1_024 }
        let soft = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        return Int(setrlimit(kind, &limit) == 0 ? limit.rlim_cur : soft)
    }

    /// A core file would have the master keys.
    private static func forbidCoreFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = 0
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }
}
