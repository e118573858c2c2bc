import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Resolves names on its own threads, because the system call blocks until the name server answers. The number of concurrent lookups is
/// limited, in total and per holder, and a lookup that takes too long fails. Safe to share.
final class NameLookups: Sendable {
    typealias Name = LookupQueue.Name

    /// Why no address was found.
    enum Failure: Error, CustomStringConvertible {
        case tooMany, tooSlow

        var description: String {
            switch self {
            case .tooMany: "too many names are looked up"
            case .tooSlow: "its name was not looked up in time"
            }
        }
    }

    private struct State {
        var queue: LookupQueue
        var waiters: [Name: [Int: EventLoopPromise<[SocketAddress]>]] = [:]
        var next = 0
    }

    private let state: Mutex<State>
    private let timeout: TimeAmount
    private let resolve: @Sendable (Name) -> [SocketAddress]

    /// Creates the service.
    ///
    /// - Parameters:
    ///   - timeout: the timeout of a lookup.
    ///   - resolve: resolves a name, and blocks.
    init(
        atOnce: Int, timeout: TimeAmount = .seconds(10),
        resolve: @escaping @Sendable (Name) -> [SocketAddress] = { NameLookups.addresses(of: $0) }
    ) {
        state = Mutex(State(queue: LookupQueue(atOnce: atOnce)))
        self.timeout = timeout
        self.resolve = resolve
    }

    /// Resolves a name.
    ///
    /// - Parameter holder: the session or provider that the lookup is for.
    func lookUp(_ name: Name, for holder: String, on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        let promise = eventLoop.makePromise(of: [SocketAddress].self)
        let (verdict, ticket) = state.withLock { state in
            let verdict = state.queue.ask(name, for: holder)
            state.next += 1
            if verdict != .refused { state.waiters[name, default: [:]][state.next] = promise }
            return (verdict, state.next)
        }
        switch verdict {
        case .refused: promise.fail(Failure.tooMany)
        case .start: start(name)
        case .wait: break
        }
        let clock = eventLoop.scheduleTask(in: timeout) { [weak self] in
            let isWaiting = self?.state.withLock { $0.waiters[name]?.removeValue(forKey: ticket) } != nil
            if isWaiting { promise.fail(Failure.tooSlow) }
        }
        promise.futureResult.whenComplete { _ in clock.cancel() }
        return promise.futureResult
    }

    private func start(_ name: Name) {
        Thread.detachNewThread { [self] in
            let addresses = resolve(name)
            let (waiters, next) = state.withLock { state in
                (state.waiters.removeValue(forKey: name) ?? [:], state.queue.end(name))
            }
            for name in next { start(name) }
            for promise in waiters.values { promise.succeed(addresses) }
        }
    }

    private static func addresses(of name: Name) -> [SocketAddress] {
        let family = name.isVersion6 ? AF_INET6 : AF_INET
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name.host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next {
            if let raw = info.pointee.ai_addr {
                if family == AF_INET {
                    raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        addresses.append(SocketAddress($0.pointee, host: name.host))
                    }
                } else {
                    raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        addresses.append(SocketAddress($0.pointee, host: name.host))
                    }
                }
            }
            next = info.pointee.ai_next
        }
        return addresses
    }
}
