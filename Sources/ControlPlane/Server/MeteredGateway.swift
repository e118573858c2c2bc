import Accounts
import Credentials
import Foundation
import Gateway
import HummingbirdCore
import Limits
import Logging
import Metering
import NIOCore
import NIOHTTPTypesHTTP1
import NIOPosix
import ServiceLifecycle
import Settings
import Store
import Workspaces

/// The gateway with the book in which it writes down what is used.
struct MeteredGateway: Sendable {
    let gateway: Gateway
    let budgets: Budgets
    let ledger: UsageLedger

    /// Opens them for a home.
    ///
    /// - Throws: `MeteringError` or `GatewayError` with what stands in the way.
    init(
        home: Home, store: Store, accounts: Accounts, credentials: Credentials, settings: Settings, egress: EgressGate, tools: ToolGate,
        admission: Admission, held: HeldBytes, now: @escaping @Sendable () -> Int64, logger: Logger
    ) throws {
        let prices = PriceList(userFile: home.userPrices)
        for problem in prices.problems { logger.warning("\(problem)") }
        let holder = Self.holder(home)
        budgets = Budgets(store: store, accounts: accounts, now: now)
        ledger = try UsageLedger(budgets: budgets, prices: prices, spool: home.usageSpool, holder: holder, logger: logger)
        gateway = try Gateway(
            store: store, accounts: accounts, credentials: credentials, budgets: budgets, ledger: ledger,
            desk: BudgetDesk(budgets: budgets, holder: holder), settings: settings, group: .singletonMultiThreadedEventLoopGroup,
            rehearsal: home.rehearsalSocket, trustRoots: FileManager.default.fileExists(atPath: home.trustRoots) ? home.trustRoots : nil,
            egress: egress, tools: tools, admission: admission, held: held, now: now)
    }
}

extension MeteredGateway {
    /// Whose reservations are looked after: the same after a restart, and another's on the same database is another.
    static func holder(_ home: Home) -> String { "\(ProcessInfo.processInfo.hostName):\(home.path)" }
}

/// Writes down what is used, in batches, and the last one when the process ends.
struct LedgerService: Service {
    let ledger: UsageLedger

    func run() async throws {
        await cancelWhenGracefulShutdown { await ledger.run() }
    }
}

/// A connection to the server's own address: the control plane's, with the gateway in front of it.
struct GatewayChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let gateway: Gateway

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let codec = try channel.pipeline.syncOperations.handler(type: HTTP1ToHTTPServerCodec.self)
            try gateway.serve(channel, before: codec)
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
