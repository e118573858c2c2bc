import Accounts
import Credentials
import Foundation
import Gateway
import Limits
import Logging
import Metering
import NIOCore
import NIOPosix
import Settings
import Store
import Synchronization
import Vault

/// A gateway on a real database, with a scripted provider behind it: a member of a project, who is no administrator, has a key
/// for every provider, each at some layer.
struct GatewayFixture: Sendable {
    /// 2026-03-14, noon.
    static let now: Int64 = 1_773_489_600_000

    let store: Store
    let accounts: Accounts
    let credentials: CredentialServices
    let budgets: Budgets
    let settings: Settings
    let ledger: UsageLedger
    let gateway: Gateway
    let desk: BudgetDesk
    let upstream: ScriptedUpstream
    let folder: String
    /// An administrator.
    let owner: User
    let member: User
    let project: ProjectID
    private let listeners = Listeners()

    /// The secret that the fixture stores for a provider.
    static func secret(_ provider: String) -> String { "sk-\(provider)-5f1c0a97e3" }

    /// Places for crowds larger than any one session's, which take their time to come together.
    static var roomy: Admission {
        var limits = ConnectionLimits(descriptors: 1_048_576)
        limits.ofOneSession = 10_000
        limits.unprovedOfSession = 10_000
        limits.unproved = 10_000
        var timeouts = ClientTimeouts()
        timeouts.head = .minutes(10)
        return Admission(limits: limits, timeouts: timeouts)
    }

    static func with<Result>(
        limits: RelayLimits = RelayLimits(), trustRoots: String? = nil, certificate: (chain: String, key: String)? = nil,
        admission: Admission = roomy, held: HeldBytes = HeldBytes(limit: 1 << 30), egress: EgressGate = .closed, tools: ToolGate = .closed,
        spool: String? = nil, uptime: @escaping @Sendable () -> NIODeadline = NIODeadline.now,
        _ body: (GatewayFixture) async throws -> Result
    ) async throws -> Result {
        let folder = NSTemporaryDirectory() + "gateway-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let now: @Sendable () -> Int64 = { GatewayFixture.now }
        let store = try Store.sqlite(at: folder + "/sam.db")
        let tables =
            Accounts.migrations + Settings.migrations + CredentialTables.migrations + MeteringTables.migrations + GatewayTables.migrations
        try await store.migrate(tables, now: now())
        let accounts = Accounts(store: store, now: now)
        let vault = try await VaultOpening.open(.file(path: folder + "/vault.keys"), store: store, now: now())
        let credentials = CredentialServices(store: store, accounts: accounts, vault: vault, now: now)
        let owner = try await accounts.owner()
        let member = try await accounts.addUser(named: "kim", role: .member, by: owner.id)
        let project = try await accounts.addProject(named: "p", repository: "/r", sandbox: .bubblewrap, by: owner.id).id
        try await accounts.addMember("kim", to: project, by: owner.id)
        let budgets = Budgets(store: store, accounts: accounts, now: now)
        let settings = Settings(store: store, accounts: accounts, now: now)
        let ledger = try UsageLedger(
            budgets: budgets, prices: PriceList(), spool: spool ?? folder + "/spool",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let desk = BudgetDesk(ledger: ledger)
        let gateway = try Gateway(
            store: store, accounts: accounts, lender: credentials.lender, refreshes: credentials.refreshes, budgets: budgets,
            ledger: ledger,
            desk: desk, settings: settings, group: .singletonMultiThreadedEventLoopGroup,
            trustRoots: trustRoots, egress: egress, tools: tools,
            limits: limits, admission: admission, held: held, now: now, uptime: uptime)
        let writing = Task { await ledger.run() }
        defer { writing.cancel() }
        return try await ScriptedUpstream.with(certificate: certificate) { upstream in
            let fixture = GatewayFixture(
                store: store, accounts: accounts, credentials: credentials, budgets: budgets,
                settings: settings, ledger: ledger,
                gateway: gateway, desk: desk,
                upstream: upstream, folder: folder, owner: owner, member: member, project: project)
            do {
                try await fixture.furnish()
                let result = try await body(fixture)
                await fixture.listeners.close()
                return result
            } catch {
                await fixture.listeners.close()
                throw error
            }
        }
    }

    private func furnish() async throws {
        let layers: [(Provider, ScopeOwner)] = [
            (.anthropic, .platform), (.openai, .user(member.id)), (.google, .project(project)), (.mistral, .platform),
            (try Provider(parsing: "custom-house"), .platform),
        ]
        for (provider, layer) in layers {
            try await set(Self.secret(provider.rawValue), for: provider, at: layer)
            try await point(provider, at: upstream.url)
        }
    }

    // MARK: - What people do

    func set(_ secret: String, for provider: Provider, at owner: ScopeOwner) async throws {
        try await act(.set(NewSecret(Secret(secret))), provider, at: owner)
    }

    /// An administrator's act, or the member's at their own layer.
    func act(_ act: CredentialAct, _ provider: Provider, at owner: ScopeOwner) async throws {
        let actor = owner == .user(member.id) ? member : self.owner
        _ = try await credentials.layers.perform(act, CredentialChange(provider, at: owner, by: actor))
    }

    func point(_ provider: Provider, at url: String, allowsPrivate: Bool = true) async throws {
        let dialect: Dialect = provider == .anthropic ? .anthropic : provider == .google ? .google : .openai
        let endpoint = try ProviderEndpoint(provider, url: url, dialect: dialect, allowsPrivate: allowsPrivate)
        try await gateway.endpoints.set(endpoint, by: owner)
        gateway.forget()
    }

    // MARK: - Ways in

    /// - Parameter server: the gateway that serves there; the fixture's own by default.
    func listen(at entrance: Entrance, of server: Gateway? = nil) async throws -> String {
        let path = folder + "/\(UUID().uuidString.prefix(8)).sock"
        let server = server ?? gateway
        try await listeners.listen(path) { try server.serve($0, at: entrance) }
        return path
    }

    /// Another server on the same database. Its ledger writes only when it is told to.
    func anotherServer() async throws -> (gateway: Gateway, ledger: UsageLedger) {
        let now: @Sendable () -> Int64 = { GatewayFixture.now }
        let store = try Store.sqlite(at: folder + "/sam.db")
        let accounts = Accounts(store: store, now: now)
        let vault = try await VaultOpening.open(.file(path: folder + "/vault.keys"), store: store, now: now())
        let credentials = CredentialServices(store: store, accounts: accounts, vault: vault, now: now)
        let budgets = Budgets(store: store, accounts: accounts, now: now)
        let ledger = try UsageLedger(
            budgets: budgets, prices: PriceList(), spool: folder + "/other-spool",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let gateway = try Gateway(
            store: store, accounts: accounts, lender: credentials.lender, refreshes: credentials.refreshes, budgets: budgets,
            ledger: ledger, desk: BudgetDesk(ledger: ledger),
            settings: Settings(store: store, accounts: accounts, now: now), group: .singletonMultiThreadedEventLoopGroup,
            admission: Self.roomy, now: now)
        return (gateway, ledger)
    }

    /// The server's own address, with a new gateway key of the member's.
    func network(project: ProjectID? = nil, provider: Provider? = nil) async throws -> Door {
        let made = try await gateway.leases.makeKey(
            named: "tools-\(UUID().uuidString.prefix(8))", project: project ?? self.project, provider: provider, for: member)
        return Door(socket: try await listen(at: .network), prefix: "/gateway", token: made.token.text, key: made.key.id)
    }

    /// The socket of a session of the member's that was just started.
    func session(_ id: String = "s_1") async throws -> Door {
        let reference = SessionReference(rawValue: id)
        return Door(socket: try await listen(at: .session(reference)), prefix: "", token: try await lease(reference), key: nil)
    }

    /// Starts a session: a pin for each provider that can be had, and a lease.
    func lease(_ session: SessionReference) async throws -> String {
        let caller = SessionIdentity(session: session, agent: "codex", project: project, user: member.id)
        return try await store.write { [self] transaction in
            for provider in Provider.all + [try Provider(parsing: "custom-house")] {
                let request = PinRequest(session: session, provider: provider, project: project, user: member.id, mode: .brokered)
                _ = try credentials.pins.pin(request, in: transaction)
            }
            return try gateway.leases.make(for: caller, in: transaction).text
        }
    }
}

/// A way in: a socket, what stands before the providers' paths there, and a lease that opens it.
struct Door: Sendable {
    var socket: String
    var prefix: String
    var token: String
    /// The gateway key whose token it is.
    var key: GatewayKeyID?

    func connect() async throws -> RawWire { try await RawClient.connect(socket) }

    /// A request as a client would send it, with the lease as a bearer token.
    func request(
        _ path: String, method: String = "POST", _ headers: [RawHeader] = [], body: String? = "{}"
    ) -> [UInt8] {
        var all = [RawHeader("Authorization", "Bearer \(token)")] + headers
        if let body { all.append(RawHeader("Content-Length", "\(body.utf8.count)")) }
        return RawClient.request(method, prefix + path, all, body: Array((body ?? "").utf8))
    }

    /// Asks on a connection of its own, and reads the answer.
    func ask(_ path: String, method: String = "POST", _ headers: [RawHeader] = [], body: String? = "{}") async throws -> RawMessage {
        let wire = try await connect()
        try await wire.send(request(path, method: method, headers, body: body))
        let answer = try await wire.message(answering: method)
        await wire.close()
        return answer
    }
}

/// Sockets that are listened on, and the connections that came in.
private final class Listeners: Sendable {
    private let channels = Mutex<[any Channel]>([])

    func listen(_ path: String, serve: @escaping @Sendable (any Channel) throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 2_048)
            .childChannelInitializer { channel in
                self.channels.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture { try serve(channel) }
            }
            .bind(unixDomainSocketPath: path).get()
        channels.withLock { $0.append(listener) }
    }

    func close() async {
        for channel in channels.withLock({ $0 }) { try? await channel.close() }
    }
}
