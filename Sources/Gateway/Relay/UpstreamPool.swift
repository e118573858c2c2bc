import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The connections to providers of one event loop. A request uses a connection of its own event loop, to avoid switching between threads.
///
/// Use only on its event loop.
final class UpstreamPool {
    private let eventLoop: any EventLoop
    private let tls: NIOSSLContext
    private let lookups: NameLookups
    /// The maximum number of idle connections, for all addresses.
    private let idleCount: Int
    private var idle: [UpstreamAddress: [UpstreamHandler]] = [:]

    private static let connectTimeout = TimeAmount.seconds(10)
    /// Shorter than the providers' limits, so that requests rarely meet a connection that is being closed.
    private static let idleLimit = TimeAmount.seconds(20)
    /// The maximum number of idle connections per address.
    private static let idleCountOfAddress = 64

    init(eventLoop: any EventLoop, tls: NIOSSLContext, lookups: NameLookups, idleCount: Int) {
        self.eventLoop = eventLoop
        self.tls = tls
        self.lookups = lookups
        self.idleCount = idleCount
    }

    /// Returns an idle connection that is still open, or `nil`.
    func take(_ endpoint: ProviderEndpoint) -> UpstreamHandler? {
        while let handler = idle[endpoint.address]?.popLast() {
            if handler.isVetted == endpoint.isVetted, handler.reuse() { return handler }
            // The provider has closed it, or its vetting no longer matches the endpoint's rules.
            handler.close()
        }
        return nil
    }

    /// Returns a connection to the pool after a complete answer.
    func give(_ handler: UpstreamHandler) {
        handler.receiver = nil
        guard handler.isOpen, idle[handler.address, default: []].count < Self.idleCountOfAddress,
            idle.values.reduce(0, { $0 + $1.count }) < idleCount
        else { return handler.close() }
        handler.pause(false)
        handler.idleSince = .now()
        handler.onIdleEnd = { [weak self] handler in self?.idle[handler.address]?.removeAll { $0 === handler } }
        idle[handler.address, default: []].append(handler)
    }

    /// Closes connections that have been idle for too long.
    func sweep() {
        let limit = NIODeadline.now() - Self.idleLimit
        for (address, handlers) in idle {
            let (stale, fresh) = (handlers.filter { $0.idleSince < limit }, handlers.filter { $0.idleSince >= limit })
            idle[address] = fresh.isEmpty ? nil : fresh
            for handler in stale { handler.close() }
        }
    }

    /// Opens a connection.
    ///
    /// - Parameters:
    ///   - isVetted: whether addresses of this machine and of private networks are refused.
    ///   - holder: the holder for the limits on name lookups.
    func connect(
        to address: UpstreamAddress, isVetted: Bool, for holder: String, then: @escaping (Result<UpstreamHandler, any Error>) -> Void
    ) {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // Reports the peer's close while the kernel can still be queried.
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    let watch = EndWatch()
                    try operations.addHandler(watch)
                    if address.isTLS {
                        // A literal IP address has no server name to send.
                        let name = AddressRules.literal(address.host) == nil ? address.host : nil
                        try operations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try operations.addHandler(HTTPRequestEncoder(configuration: .asWritten))
                    try operations.addHandler(
                        ByteToMessageHandler(
                            HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)))
                    try operations.addHandler(
                        UpstreamHandler(address: address, isVetted: isVetted, watch: watch, eventLoop: channel.eventLoop))
                }
            }
        let channel: EventLoopFuture<any Channel>
        if let socket = address.socket {
            channel = bootstrap.connect(unixDomainSocketPath: socket)
        } else {
            channel = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .resolver(VettingResolver(lookups, for: holder, eventLoop: eventLoop, allowsPrivate: !isVetted))
                .connect(host: address.host, port: address.port)
        }
        let isolated = channel.assumeIsolated()
        isolated.whenFailure { then(.failure($0)) }
        isolated.whenSuccess { channel in
            do {
                let handler = try channel.pipeline.syncOperations.handler(type: UpstreamHandler.self)
                handler.ready.assumeIsolated().whenComplete { then($0.map { handler }) }
            } catch {
                then(.failure(error))
            }
        }
    }
}

extension HTTPRequestEncoder.Configuration {
    /// Writes headers unchanged: the relay sets the framing headers.
    static var asWritten: Self {
        var configuration = Self()
        configuration.automaticallySetFramingHeaders = false
        return configuration
    }
}
