import Foundation
import NIOCore
import NIOPosix

/// Looks names up and leaves out the addresses that must not be connected to, so that what was checked is what is used.
///
/// For one connection. The lookups block, so they run on NIO's thread pool.
final class VettingResolver: Resolver, Sendable {
    private let eventLoop: any EventLoop
    private let allowsPrivate: Bool

    init(eventLoop: any EventLoop, allowsPrivate: Bool) {
        self.eventLoop = eventLoop
        self.allowsPrivate = allowsPrivate
    }

    /// Why a host is not connected to.
    struct Objection: Error, CustomStringConvertible {
        var host: String
        var why: String

        var description: String { "\(host) is \(why)" }

        init(host: String, why: String) {
            self.host = host
            self.why = why
        }

        /// The objection in what came of an attempt to connect, if it was one.
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

    /// The lookups end by themselves; their results are dropped.
    func cancelQueries() {}

    private func lookUp(_ host: String, _ port: Int, _ family: Int32) -> EventLoopFuture<[SocketAddress]> {
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { [allowsPrivate] in
            let found = Self.addresses(of: host, port, family)
            if allowsPrivate { return found }
            let usable = found.filter { AddressRules.objection(to: $0) == nil }
            if usable.isEmpty, let first = found.first, let why = AddressRules.objection(to: first) {
                throw Objection(host: host, why: why)
            }
            return usable
        }
    }

    private static func addresses(of host: String, _ port: Int, _ family: Int32) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next {
            if let raw = info.pointee.ai_addr {
                if family == AF_INET {
                    raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { addresses.append(SocketAddress($0.pointee, host: host)) }
                } else {
                    raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { addresses.append(SocketAddress($0.pointee, host: host)) }
                }
            }
            next = info.pointee.ai_next
        }
        return addresses
    }
}
