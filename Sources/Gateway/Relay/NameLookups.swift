import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Looks names up on threads of its own, because the system's call blocks until the name server answers. The number of look-ups at
/// once is limited, in all and for each session, and a look-up that waits too long fails. Safe to share.
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
    private let patience: TimeAmount
    private let resolve: @Sendable (Name) -> [SocketAddress]

    /// Makes a desk.
    ///
    /// - Parameters:
    ///   - patience: how long is waited for a name.
    ///   - resolve: looks a name up, and blocks.
    init(
        atOnce: Int, patience: TimeAmount = .seconds(10),
        resolve: @escaping @Sendable (Name) -> [SocketAddress] = { NameLookups.addresses(of: $0) }
    ) {
        state = Mutex(State(queue: LookupQueue(atOnce: atOnce)))
        self.patience = patience
        self.resolve = resolve
    }

    /// Looks a name up.
    ///
    /// - Parameter holder: whose wish it is: a session, or a provider.
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
        let clock = eventLoop.scheduleTask(in: patience) { [weak self] in
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
