import Accounts
import Credentials
import Foundation
import Limits
import Metering
import NIOCore
import NIOHTTP1
import NIOSSL
import Settings
import Store
import Wording

/// The reverse proxy that turns a lease into the credential behind it, forwards, and meters.
///
/// Safe to share: each event loop has a part of it of its own.
public final class Gateway: Sendable {
    public let leases: Leases
    public let endpoints: ProviderEndpoints
    private let services: RelayServices
    private let egress: EgressGate
    private let tools: ToolGate
    private let openCalls = OpenCalls()
    private let tls: NIOSSLContext
    private let lines: [ObjectIdentifier: NIOLoopBoundBox<RelayLine?>]

    /// Opens a gateway.
    ///
    /// - Parameters:
    ///   - group: the event loops on which connections are served.
    ///   - rehearsal: the Unix socket of SAM's own scripted provider.
    ///   - egress: what sessions may reach outside.
    ///   - tools: who answers agents that use SAM's own tools.
    ///   - admission: the places for connections.
    ///   - held: the memory for requests that are held back.
    ///   - trustRoots: a file of certificates in PEM that are trusted besides the system's, for a provider in one's own house.
    /// - Throws: ``GatewayError/Code/invalid`` when the file can't be read.
    public init(
        store: Store, accounts: Accounts, credentials: Credentials, budgets: Budgets, ledger: UsageLedger, desk: BudgetDesk,
        settings: Settings,
        group: any EventLoopGroup, rehearsal: String? = nil, trustRoots: String? = nil, egress: EgressGate = .closed,
        tools: ToolGate = .closed,
        limits: RelayLimits = RelayLimits(),
        admission: Admission = Admission(limits: ConnectionLimits(descriptors: 65_536)),
        held: HeldBytes = HeldBytes(limit: HeldBytes.share()),
        now: @escaping @Sendable () -> Int64
    ) throws(GatewayError) {
        let configuration = try Self.configuration(trustRoots)
        do {
            tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw GatewayError(.invalid, "TLS can't be set up: \(reason(of: error))")
        }
        self.egress = egress
        self.tools = tools
        leases = Leases(store: store, accounts: accounts, now: now)
        endpoints = ProviderEndpoints(store: store, accounts: accounts, rehearsal: rehearsal, now: now)
        let tokens = TokenClient(endpoints: endpoints, tls: configuration, group: group)
        let loops = Array(group.makeIterator())
        services = RelayServices(
            grants: GrantDesk(
                store: store, accounts: accounts, leases: leases, credentials: credentials, endpoints: endpoints, budgets: budgets,
                settings: settings, broker: TokenBroker(credentials: credentials, endpoint: tokens.endpoint)),
            credentials: credentials, ledger: ledger, desk: desk, limits: limits, admission: admission, held: held,
            lookups: NameLookups(atOnce: admission.limits.lookups), idleCount: max(admission.limits.idleOutgoing / max(loops.count, 1), 1),
            now: now)
        lines = Dictionary(
            uniqueKeysWithValues: loops.map { loop in
                (ObjectIdentifier(loop), NIOLoopBoundBox<RelayLine?>.makeEmptyBox(valueType: RelayLine.self, eventLoop: loop))
            })
    }

    private static func configuration(_ trustRoots: String?) throws(GatewayError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        guard let trustRoots else { return configuration }
        do {
            configuration.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(trustRoots))]
        } catch {
            throw GatewayError(.invalid, "The certificates in \(trustRoots) can't be read: \(reason(of: error))")
        }
        return configuration
    }

    /// Forgets what leases opened a moment ago, so that a change bites with the next request and not a quarter of a second later.
    public func forget() {
        services.grants.forget()
    }

    /// How many answers on leases are remembered now, with their secrets.
    var rememberedGrants: Int { services.grants.remembered }

    /// When the oldest request began that a session has open at a provider, in UTC milliseconds; `nil` when it has none.
    public func openSince(_ session: SessionReference) -> Int64? { services.open.oldest(of: session) }

    // MARK: - Connections

    /// Makes a connection serve providers and, from a session's workspace, the way out; and nothing else but `/healthz`.
    ///
    /// - Throws: when the connection is on no event loop of this gateway's, or can't be set up.
    public func serve(_ channel: any Channel, at entrance: Entrance) throws {
        let operations = channel.pipeline.syncOperations
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        let line = try line(of: channel)
        try operations.addHandlers([
            HTTPResponseEncoder(configuration: encoding),
            // What follows CONNECT belongs to the tunnel.
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
            ConnectionGuard(services.admission, at: entrance.listener), HTTPServerPipelineHandler(), HTTPServerProtocolErrorHandler(),
        ])
        if case .session(let session) = entrance {
            try operations.addHandler(EgressHandler(session: session, gate: egress, line: line))
        }
        try operations.addHandler(RelayHandler(line: line, entrance: entrance))
        if case .session(let session) = entrance {
            try operations.addHandler(ToolHandler(session: session, gate: tools, leases: leases, open: openCalls, services: services))
        }
    }

    /// Makes a connection serve providers under `/gateway`, and leaves everything else to who stands behind.
    ///
    /// - Parameter handler: the handler before which requests are looked at; HTTP's decoder and encoder stand before it.
    /// - Throws: as ``serve(_:at:)``.
    public func serve(_ channel: any Channel, before handler: any ChannelHandler) throws {
        let operations = channel.pipeline.syncOperations
        try operations.addHandlers(
            [
                ConnectionGuard(services.admission, at: .network), HTTPServerPipelineHandler(),
                RelayHandler(line: try line(of: channel), entrance: .network),
            ], position: .before(handler))
    }

    /// Makes a connection from elsewhere serve people's keys under `/gateway`, until a runner's token turns it into its session's.
    ///
    /// - Parameter context: the certificate that it shows.
    /// - Throws: as ``serve(_:at:)``.
    public func serve(_ channel: any Channel, through gate: RemoteGate, showing context: NIOSSLContext) throws {
        let operations = channel.pipeline.syncOperations
        let line = try line(of: channel)
        try operations.addHandlers([
            Cutter(), NIOSSLServerHandler(context: context), IdleStateHandler(allTimeout: services.limits.silence * 2), IdleCloser(),
        ])
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        let speech: [any ChannelHandler & RemovableChannelHandler] = [
            HTTPResponseEncoder(configuration: encoding), ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
            ConnectionGuard(services.admission, at: .remote), HTTPServerPipelineHandler(), HTTPServerProtocolErrorHandler(),
        ]
        let relay = RelayHandler(line: line, entrance: .remote)
        try operations.addHandlers(speech)
        try operations.addHandler(
            SessionDoor(gate: gate, handlers: [relay] + speech.reversed()) { [self] in try serve(channel, at: .session($0)) })
        try operations.addHandler(relay)
    }

    private func line(of channel: any Channel) throws -> RelayLine {
        guard let box = lines[ObjectIdentifier(channel.eventLoop)] else {
            throw GatewayError(.invalid, "The connection is on an event loop that the gateway does not know.")
        }
        if let line = box.value { return line }
        let line = RelayLine(services: services, tls: tls, eventLoop: channel.eventLoop)
        line.watch()
        box.value = line
        return line
    }
}
