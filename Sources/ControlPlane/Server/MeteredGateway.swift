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

/// The gateway with budgets and the usage ledger.
struct MeteredGateway: Sendable {
    let gateway: Gateway
    let budgets: Budgets
    let prices: ProjectPriceBook
    let ledger: UsageLedger

    /// Opens them for a home.
    ///
    /// - Throws: `MeteringError` or `GatewayError`.
    init(
        home: Home, store: Store, accounts: Accounts, lender: CredentialLender, refreshes: Refreshes, settings: Settings,
        egress: EgressGate, tools: ToolGate, access: RememberedAccess,
        admission: Admission, held: HeldBytes, now: @escaping @Sendable () -> Int64, logger: Logger
    ) throws {
        let list = PriceList(userFile: home.userPrices)
        for problem in list.problems { logger.warning("\(problem)") }
        budgets = Budgets(store: store, accounts: accounts, now: now) { transaction in
            try settings.history(of: .budgetTimeZone, in: transaction).map { BudgetZones.Choice(zone: $0.value.text, at: $0.since) }
        }
        prices = ProjectPriceBook(store: store, accounts: accounts, now: now)
        ledger = try UsageLedger(budgets: budgets, prices: list, spool: home.usageSpool, logger: logger)
        gateway = try Gateway(
            store: store, accounts: accounts, lender: lender, refreshes: refreshes, budgets: budgets, ledger: ledger,
            desk: BudgetDesk(ledger: ledger), settings: settings, group: .singletonMultiThreadedEventLoopGroup,
            rehearsal: home.rehearsalSocket, trustRoots: FileManager.default.fileExists(atPath: home.trustRoots) ? home.trustRoots : nil,
            egress: egress, tools: tools, access: access, admission: admission, held: held, now: now)
    }
}

/// Writes usage in batches, and the last batch at shutdown.
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
