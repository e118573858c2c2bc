import Foundation
import NIOCore
import NIOPosix

/// Resolves names and drops forbidden addresses, so that the checked addresses are those that are used.
///
/// For one connection.
final class VettingResolver: Resolver, Sendable {
    private let lookups: NameLookups
    private let holder: String
    private let eventLoop: any EventLoop
    private let allowsPrivate: Bool

    /// Creates a resolver.
    ///
    /// - Parameter holder: the holder of the connection, whose own lookups wait when there are too many.
    init(_ lookups: NameLookups, for holder: String, eventLoop: any EventLoop, allowsPrivate: Bool) {
        self.lookups = lookups
        self.holder = holder
        self.eventLoop = eventLoop
        self.allowsPrivate = allowsPrivate
    }

    /// Why a host is refused.
    struct Objection: Error, CustomStringConvertible {
        var host: String
        var why: String

        var description: String { "\(host) is \(why)" }

        init(host: String, why: String) {
            self.host = host
            self.why = why
        }

        /// The objection in a connection error, if there is one.
        init?(in error: any Error) {
            let connection = error as? NIOConnectionError
            let lookups = [error, connection?.dnsAError, connection?.dnsAAAAError]
            guard let found = lookups.lazy.compactMap({ $0 as? Self }).first else { return nil }
            self = found
        }
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        lookUp(host, port, AF_INET)
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        lookUp(host, port, AF_INET6)
    }

    /// Lookups end by themselves; their results are dropped.
    func cancelQueries() {}

    private func lookUp(_ host: String, _ port: Int, _ family: Int32) -> EventLoopFuture<[SocketAddress]> {
        let name = LookupQueue.Name(host: host, isVersion6: family == AF_INET6)
        return lookups.lookUp(name, for: holder, on: eventLoop).flatMapThrowing { [allowsPrivate] addresses in
            let found = addresses.map { address in
                var address = address
                address.port = port
                return address
            }
            if allowsPrivate { return found }
            let usable = found.filter { AddressRules.objection(to: $0) == nil }
            if usable.isEmpty, let first = found.first, let why = AddressRules.objection(to: first) {
                throw Objection(host: host, why: why)
            }
            return usable
        }
    }
}
