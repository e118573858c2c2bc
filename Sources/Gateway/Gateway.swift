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

/// The reverse proxy that replaces a lease with the credential behind it, forwards the request and meters the answer.
///
/// Safe to share: each event loop has its own connections and exchanges.
public final class Gateway: Sendable {
    /// The leases of sessions and the keys of people.
    public let leases: Leases
    /// The addresses of the providers.
    public let endpoints: ProviderEndpoints
    private let services: RelayServices
    private let egress: EgressGate
    private let tools: ToolGate
    private let openCalls = OpenCalls()
    private let tls: NIOSSLContext
    private let loopRelays: [ObjectIdentifier: NIOLoopBoundBox<EventLoopRelay?>]

    /// Creates a gateway.
    ///
    /// - Parameters:
    ///   - group: the event loops on which connections are served.
    ///   - rehearsal: the Unix socket of SAM's scripted provider.
    ///   - egress: the egress rules of sessions.
    ///   - tools: answers agents' calls of SAM's own tools.
    ///   - access: through which those who end access reach this gateway's memory.
    ///   - admission: the limits on connections.
    ///   - held: the memory limit for requests that are held back.
    ///   - trustRoots: a PEM file of certificates that are trusted in addition to the system's, for self-hosted providers.
    ///   - uptime: the clock of the rates, which no change of the machine's time moves.
    /// - Throws: ``GatewayError/Code/invalid`` when the file can't be read.
    public init(
        store: Store, accounts: Accounts, lender: CredentialLender, refreshes: Refreshes, budgets: Budgets, ledger: UsageLedger,
        desk: BudgetDesk,
        settings: Settings,
        group: any EventLoopGroup, rehearsal: String? = nil, trustRoots: String? = nil, egress: EgressGate = .closed,
        tools: ToolGate = .closed,
        access: RememberedAccess = RememberedAccess(),
        limits: RelayLimits = RelayLimits(),
        admission: Admission = Admission(limits: ConnectionLimits(descriptors: 65_536)),
        held: HeldBytes = HeldBytes(limit: HeldBytes.share()),
        now: @escaping @Sendable () -> Int64,
        uptime: @escaping @Sendable () -> NIODeadline = NIODeadline.now
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
        let tokens = TokenClient(endpoints: endpoints, tls: configuration, group: group, now: now)
        let loops = Array(group.makeIterator())
        services = RelayServices(
            grants: GrantDesk(
                store: store, accounts: accounts, leases: leases, lender: lender, endpoints: endpoints, budgets: budgets,
                settings: settings, broker: TokenBroker(refreshes: refreshes, endpoint: tokens.endpoint)),
            lender: lender, ledger: ledger, desk: desk, limits: limits, admission: admission, held: held,
            lookups: NameLookups(atOnce: admission.limits.lookups), idleCount: max(admission.limits.idleOutgoing / max(loops.count, 1), 1),
            now: now, uptime: uptime)
        access.follow { [grants = services.grants] in grants.forget() }
        loopRelays = Dictionary(
            uniqueKeysWithValues: loops.map { loop in
                (ObjectIdentifier(loop), NIOLoopBoundBox<EventLoopRelay?>.makeEmptyBox(valueType: EventLoopRelay.self, eventLoop: loop))
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

    /// Stores refreshed sign-ins that an earlier server could not store. Call it once, before the first request and before sessions start.
    ///
    /// - Returns: a sentence about each that can't be read.
    public func recover() async -> [String] { await services.grants.broker.recover() }

    /// Clears remembered grants, so that a change takes effect with the next request and not up to 250 ms later.
    public func forget() {
        services.grants.forget()
    }

    /// The number of remembered grants, including their secrets.
    var rememberedGrants: Int { services.grants.remembered }

    /// Closes the egress connections of a session's agent, including those with unsent data.
    public func closeEgress(of session: SessionReference) { services.outlets.close(of: session) }

    /// The start of a session's oldest open request at a provider, in UTC milliseconds; `nil` when none is open.
    public func oldestOpenRequest(of session: SessionReference) -> Int64? { services.open.oldest(of: session) }

    // MARK: - Connections

    /// Sets a connection up to serve providers, `/healthz` and, for a session, egress and the tools. Serves nothing else.
    ///
    /// - Throws: when the connection is on none of the gateway's event loops, or cannot be set up.
    public func serve(_ channel: any Channel, at entrance: Entrance) throws {
        let operations = channel.pipeline.syncOperations
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        let loopRelay = try loopRelay(of: channel)
        try operations.addHandlers([
            HTTPResponseEncoder(configuration: encoding),
            // Bytes after CONNECT belong to the tunnel.
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
        ])
        try operations.addHandlers(services.admission.handlers(at: entrance.listener))
        try operations.addHandlers([HTTPServerPipelineHandler(), HTTPServerProtocolErrorHandler()])
        if case .session(let session) = entrance {
            try operations.addHandler(EgressHandler(session: session, gate: egress, relay: loopRelay))
        }
        try operations.addHandler(RelayHandler(relay: loopRelay, entrance: entrance))
        if case .session(let session) = entrance {
            try operations.addHandler(ToolHandler(session: session, gate: tools, leases: leases, open: openCalls, services: services))
        }
    }

    /// Sets a connection up to serve providers under `/gateway`, and passes all other requests to the next handler.
    ///
    /// - Parameter handler: the handler that follows the relay; the HTTP decoder and encoder come before it.
    /// - Throws: as ``serve(_:at:)``.
    public func serve(_ channel: any Channel, before handler: any ChannelHandler) throws {
        let operations = channel.pipeline.syncOperations
        let relay = RelayHandler(relay: try loopRelay(of: channel), entrance: .network)
        try operations.addHandlers(
            services.admission.handlers(at: .network) + [HTTPServerPipelineHandler(), relay], position: .before(handler))
    }

    /// Sets a remote connection up to serve people's keys under `/gateway`, until a runner's token makes it its session's connection. Other
    /// requests are passed to what the gate adds.
    ///
    /// - Parameter context: the TLS context with the server's certificate.
    /// - Throws: as ``serve(_:at:)``.
    public func serve(_ channel: any Channel, through gate: RemoteGate, showing context: NIOSSLContext) throws {
        let operations = channel.pipeline.syncOperations
        let loopRelay = try loopRelay(of: channel)
        try operations.addHandlers([Cutter(), NIOSSLServerHandler(context: context)])
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        // A session's tunnel may be silent for longer, so all of these are removed when the connection becomes a session's.
        let speech: [any ChannelHandler & RemovableChannelHandler] =
            [
                IdleStateHandler(allTimeout: services.limits.silence * 2), IdleCloser(), HTTPResponseEncoder(configuration: encoding),
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
            ] + services.admission.handlers(at: .remote) + [HTTPServerPipelineHandler(), HTTPServerProtocolErrorHandler()]
        let relay = RelayHandler(relay: loopRelay, entrance: .remote, passesOthers: gate.serve != nil)
        try operations.addHandlers(speech)
        try operations.addHandler(
            SessionDoor(gate: gate, handlers: [relay] + speech.reversed()) { [self] in try serve(channel, at: .session($0)) })
        try operations.addHandler(relay)
    }

    private func loopRelay(of channel: any Channel) throws -> EventLoopRelay {
        guard let box = loopRelays[ObjectIdentifier(channel.eventLoop)] else {
            throw GatewayError(.invalid, "The connection is on an event loop that the gateway does not know.")
        }
        if let loopRelay = box.value { return loopRelay }
        let loopRelay = EventLoopRelay(services: services, tls: tls, eventLoop: channel.eventLoop)
        loopRelay.watch()
        box.value = loopRelay
        return loopRelay
    }
}
