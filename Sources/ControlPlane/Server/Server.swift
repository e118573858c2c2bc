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
import Workspaces

/// The control plane as a process: the database, the session engine and the listeners.
public struct Server: Sendable {
    /// How to serve.
    public struct Options: Sendable {
        /// Where to listen, beside the control socket in SAM's home.
        public var host = "127.0.0.1"
        /// 0 takes any free port.
        public var port = 7_260
        /// End after this long without a request or a session that is not settled.
        public var idleLimit: Duration?
        /// Where to listen for workspaces on other machines; `nil` for nowhere.
        public var remote: Remote?

        /// The standard options.
        public init() {}

        /// An address for workspaces on other machines, with what proves that it is this server's.
        public struct Remote: Sendable {
            public var host: String
            /// 0 takes any free port.
            public var port: Int
            /// A file with a certificate and those above it, in PEM.
            public var certificate: String
            /// A file with the certificate's key, in PEM.
            public var key: String

            /// Names an address.
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
    private let logger: Logger

    /// Makes a server. Nothing happens before ``run(onReady:)``.
    public init(home: Home, options: Options, logger: Logger) {
        self.home = home
        self.options = options
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Parameter onReady: called once everything listens, with what the server tells of itself.
    /// - Throws: ``ServerError``, `WorkspaceError` or `StoreError` with what stands in the way.
    public func run(onReady: @escaping @Sendable (ServerView) -> Void) async throws {
        let descriptors = Self.raiseDescriptorLimit()
        guard descriptors >= ConnectionLimits.leastDescriptors else {
            throw ServerError(
                "The limit of open files is \(descriptors), and SAM needs \(ConnectionLimits.leastDescriptors). Raise it: ulimit -n 4096")
        }
        Self.forbidCoreFiles()
        try home.checkOwner()
        try home.create()
        guard let lock = FileLock(path: home.serverLock) else {
            let holder = FileLock.holder(path: home.serverLock).map { " (process \($0))" } ?? ""
            throw ServerError("A server runs on \(home.path) already\(holder).")
        }
        defer { withExtendedLifetime(lock) {} }
        try await StateGuard(home: home).check()
        let store = try Store.sqlite(at: home.database)
        do {
            try await serve(store, descriptors: descriptors, onReady)
        } catch {
            await store.closeOrTell(logger)
            throw error
        }
        await store.closeOrTell(logger)
    }

    /// Serves from an open database.
    private func serve(_ store: Store, descriptors: Int, _ onReady: @escaping @Sendable (ServerView) -> Void) async throws {
        let now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1_000) }
        try await store.migrate(Self.migrations, now: now())
        try await store.modernise(logger)
        store.unreadable.tell { [logger] row in
            logger.error("\(row.table) \(row.id) can't be read and is kept as it is: \(row.reason). `sam doctor` names all of them.")
        }
        // Before anything but the tables' shape is touched: without the keys that it was sealed with, this is the wrong database.
        let vault = try await Credentials.openVault(
            KeyringSource(environment: ProcessInfo.processInfo.environment, file: home.masterKeys), store: store, now: now())
        let accounts = Accounts(store: store, now: now)
        let credentials = Credentials(
            store: store, accounts: accounts, vault: vault, identities: try await IdentityKeys(folder: home.identityKeys), now: now)
        let settings = Settings(store: store, accounts: accounts, now: now)
        for sentence in try await settings.tellOfBoundedValues() { logger.warning("\(sentence)") }
        let owner = try await accounts.owner()
        try await OwnerToken(file: home.tokenFile).ensure(accounts, owner)

        let catalogue = LiveCatalogue(userFile: home.userCatalogue) { [logger] catalogue in
            for problem in catalogue.problems { logger.warning("\(problem)") }
        }
        let egress = SessionEgress(settings: settings, accounts: accounts, catalogue: catalogue, logger: logger)
        let tools = SessionTools()
        let admission = Admission(
            limits: ConnectionLimits(descriptors: descriptors), refusals: Refusals { [logger] in logger.warning("\($0)") })
        let held = HeldBytes(limit: HeldBytes.share())
        let metered = try MeteredGateway(
            home: home, store: store, accounts: accounts, credentials: credentials, settings: settings, egress: egress.gate,
            tools: tools.gate, admission: admission, held: held, now: now, logger: logger)
        try await metered.ledger.recover()

        let host = try LocalHost(home: home, logger: logger)
        let sockets = SessionSockets(home: home, gateway: metered.gateway, admission: admission, logger: logger)
        let engine = SessionEngine(
            store: store, accounts: accounts, settings: settings, credentials: credentials, gateway: metered.gateway,
            catalogue: catalogue, host: host, endpoints: sockets, programs: Program.ownFolder, now: now, logger: logger)

        egress.use(engine)
        tools.use(ToolServer(engine: engine, host: host, now: now))
        let activity = Activity()
        let (bound, boundSender) = AsyncStream.makeStream(of: Int.self)
        let router = APIRouter(
            modules: Modules(
                store: store, accounts: accounts, settings: settings, credentials: credentials, catalogue: catalogue, engine: engine,
                host: host, metered: metered, admission: admission, held: held),
            activity: activity)
        await engine.resume()
        var remote: RemoteListener?
        if let options = options.remote {
            remote = try await RemoteListener(options, gateway: metered.gateway, engine: engine, sockets: sockets, admission: admission)
        }
        let port = try freePort()
        let gate: @Sendable (any Channel) async -> Void = { [logger] listener in
            do {
                try await admission.gate(listener).get()
            } catch {
                logger.error("The connections of a listener are not counted: \(error)")
            }
        }
        let network = Application(
            router: router.make(withRunners: false),
            server: HTTPServerBuilder { GatewayChannel(base: HTTP1Channel(responder: $0), gateway: metered.gateway) },
            configuration: .init(address: .hostname(options.host, port: port), serverName: "sam"),
            onServerRunning: { listener in
                await gate(listener)
                boundSender.yield(listener.localAddress?.port ?? 0)
            }, logger: quiet(logger))
        let control = Application(
            router: router.make(withRunners: true),
            server: HTTPServerBuilder {
                GuardedChannel(base: HTTP1Channel(responder: $0), admission: admission, listener: .control)
            },
            configuration: .init(address: .unixDomainSocket(path: home.controlSocket), serverName: "sam"),
            onServerRunning: { listener in
                await gate(listener)
                boundSender.yield(-1)
            }, logger: quiet(logger))

        let rehearsal = RehearsalServer(script: home.rehearsalScript).application(
            socket: home.rehearsalSocket,
            server: HTTPServerBuilder {
                GuardedChannel(base: HTTP1Channel(responder: $0), admission: admission, listener: .rehearsal)
            },
            held: held, onServerRunning: gate, logger: quiet(logger, below: .critical))
        let announcement = Announcement(
            home: home, host: options.host, remote: remote?.url,
            idleLimit: options.idleLimit, bound: bound, router: router, onReady: onReady)
        let services: [any Service] =
            [
                LedgerService(ledger: metered.ledger), rehearsal, network, control, EngineService(engine: engine, sockets: sockets),
                StoreUpkeep(store: store, logger: logger), HousekeepingService(host: host, engine: engine), announcement,
            ]
            + (options.idleLimit.map { [IdleService(activity: activity, engine: engine, limit: $0)] } ?? [])
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

    /// A session costs a few descriptors, and the usual soft limit is made for programs with few.
    ///
    /// - Returns: how many there may be now.
    private static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0 else { return 1_024 }
        let soft = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        return Int(setrlimit(kind, &limit) == 0 ? limit.rlim_cur : soft)
    }

    /// A core file would hold the master keys.
    private static func forbidCoreFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = 0
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }

    /// The port to bind. Asking the kernel first gives a clear sentence instead of a failing service.
    private func freePort() throws -> Int {
        let error = options.port == 0 ? 0 : Self.bindError(options.host, options.port)
        if error == 0 { return options.port }
        if error == EACCES {
            throw ServerError(
                "Port \(options.port) is for root alone. Choose one from 1024 on with --port, and let a proxy of root's lead to it.")
        }
        throw ServerError("Port \(options.port) on \(options.host) is taken. Choose another with --port, or --port 0 for any.")
    }

    /// What the kernel says against a port; 0 when nothing does, or when only the service itself will know.
    private static func bindError(_ host: String, _ port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return 0 }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 ? 0 : errno
            }
        }
    }
}
