import Credentials
import Limits
import Metering
import NIOCore
import NIOSSL

/// How long each thing may take before the gateway gives it up.
public struct RelayLimits: Sendable, Hashable {
    /// A client that sends nothing in the middle of its request.
    public var request = TimeAmount.seconds(30)
    /// A provider that sends nothing, or a client that takes nothing. Models think for minutes.
    public var silence = TimeAmount.minutes(15)
    /// An answer that is read for its usage alone.
    public var drain = TimeAmount.seconds(60)

    /// The standard limits.
    public init() {}
}

/// What an exchange needs of the rest of SAM.
struct RelayServices: Sendable {
    var grants: GrantDesk
    var rates = RateLimiter()
    let open = OpenExchanges()
    var credentials: Credentials
    var ledger: UsageLedger
    var desk: BudgetDesk
    var limits: RelayLimits
    let admission: Admission
    let held: HeldBytes
    let lookups: NameLookups
    /// Connections to providers that each event loop keeps.
    var idleCount: Int
    var now: @Sendable () -> Int64
}

/// All exchanges of one event loop, with their connections to providers.
///
/// To be used on its event loop only.
final class RelayLine {
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

    /// Looks after clocks once a second, for all exchanges together: a timer each would cost more than they do.
    func watch() {
        eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
            guard let self else { return }
            let now = NIODeadline.now()
            for exchange in Array(live.values) { exchange.watch(now, services.limits) }
            pool.sweep()
            watch()
        }
    }

    /// Waits for something elsewhere, and goes on here.
    func afterwards<Value: Sendable>(_ body: @escaping @Sendable () async -> Value, then: @escaping (Value) -> Void) {
        let promise = eventLoop.makePromise(of: Value.self)
        promise.futureResult.assumeIsolated().whenSuccess(then)
        Task { promise.succeed(await body()) }
    }
}
