import Credentials
import Limits
import Metering
import NIOCore

/// The dependencies of an exchange.
struct RelayServices: Sendable {
    var grants: GrantDesk
    var rates = RateLimiter()
    let open = OpenExchanges()
    let outlets = Outlets()
    var lender: CredentialLender
    var ledger: UsageLedger
    var desk: BudgetDesk
    var limits: RelayLimits
    let admission: Admission
    let held: HeldBytes
    let lookups: NameLookups
    /// The maximum number of idle connections to providers per event loop.
    var idleCount: Int
    var now: @Sendable () -> Int64
    /// The clock of the rates.
    var uptime: @Sendable () -> NIODeadline
}
