import NIOCore
import NIOSSL

/// The exchanges of one event loop, with their connections to providers.
///
/// Use only on its event loop.
final class EventLoopRelay {
    let services: RelayServices
    let pool: UpstreamPool
    let eventLoop: any EventLoop
    private var live: [ObjectIdentifier: Exchange] = [:]

    init(services: RelayServices, tls: NIOSSLContext, eventLoop: any EventLoop) {
        self.services = services
        self.eventLoop = eventLoop
        pool = UpstreamPool(eventLoop: eventLoop, tls: tls, lookups: services.lookups, idleCount: services.idleCount)
    }

    func enter(_ exchange: Exchange) { live[ObjectIdentifier(exchange)] = exchange }
    func leave(_ exchange: Exchange) { live[ObjectIdentifier(exchange)] = nil }

    /// Checks the timeouts of all exchanges once a second, which is cheaper than a timer for each.
    func watch() {
        eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
            guard let self else { return }
            let now = NIODeadline.now()
            for exchange in Array(live.values) { exchange.watch(now, services.limits) }
            pool.sweep()
            watch()
        }
    }

    /// Runs `body` elsewhere, then `then` on this event loop.
    ///
    /// - Returns: the task, so that it can be cancelled.
    @discardableResult
    func afterwards<Value: Sendable>(
        _ body: @escaping @Sendable () async -> Value, then: @escaping (Value) -> Void
    ) -> Task<Void, Never> {
        let promise = eventLoop.makePromise(of: Value.self)
        promise.futureResult.assumeIsolated().whenSuccess(then)
        return Task { promise.succeed(await body()) }
    }
}
