import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The connections to providers of one event loop. A request and its connection are on the same one, so that nothing hops
/// between threads.
///
/// To be used on its event loop only.
final class UpstreamPool {
    private let eventLoop: any EventLoop
    private let tls: NIOSSLContext
    private let lookups: NameLookups
    /// The most that are kept, of all addresses.
    private let idleCount: Int
    private var idle: [UpstreamAddress: [UpstreamHandler]] = [:]

    private static let connectTimeout = TimeAmount.seconds(10)
    /// Shorter than providers keep one, so that a request does not meet a connection that is just being closed.
    private static let idleLimit = TimeAmount.seconds(20)
    /// The most that are kept of one address.
    private static let idleCountOfAddress = 64

    init(eventLoop: any EventLoop, tls: NIOSSLContext, lookups: NameLookups, idleCount: Int) {
        self.eventLoop = eventLoop
        self.tls = tls
        self.lookups = lookups
        self.idleCount = idleCount
    }

    /// A connection that was used before and is still good.
    func take(_ endpoint: ProviderEndpoint) -> UpstreamHandler? {
        while let handler = idle[endpoint.address]?.popLast() {
            if handler.isOpen, handler.isVetted == endpoint.isVetted { return handler }
            // What it was allowed to be is not allowed any more.
            handler.close()
        }
        return nil
    }

    /// Takes a connection back whose last answer was complete.
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

    /// Closes what nobody has used for a while.
    func sweep() {
        let limit = NIODeadline.now() - Self.idleLimit
        for (address, handlers) in idle {
            let (stale, fresh) = (handlers.filter { $0.idleSince < limit }, handlers.filter { $0.idleSince >= limit })
            idle[address] = fresh.isEmpty ? nil : fresh
            for handler in stale { handler.close() }
        }
    }

    /// Makes a connection.
    ///
    /// - Parameters:
    ///   - isVetted: whether addresses of this machine and of private networks are left out.
    ///   - holder: whose wish it is, for those who look names up.
    func connect(
        to address: UpstreamAddress, isVetted: Bool, for holder: String, then: @escaping (Result<UpstreamHandler, any Error>) -> Void
    ) {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    if address.isTLS {
                        // An address that is a number has no name to indicate.
                        let name = AddressRules.literal(address.host) == nil ? address.host : nil
                        try operations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try operations.addHandler(HTTPRequestEncoder(configuration: .asWritten))
                    try operations.addHandler(
                        ByteToMessageHandler(
                            HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)))
                    try operations.addHandler(UpstreamHandler(address: address, isVetted: isVetted, eventLoop: channel.eventLoop))
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
    /// The framing is the relay's to say.
    static var asWritten: Self {
        var configuration = Self()
        configuration.automaticallySetFramingHeaders = false
        return configuration
    }
}
