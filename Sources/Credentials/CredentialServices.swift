import Accounts
import Logging
import Store
import Vault

/// The module's services over one store and vault, each for one purpose. A caller takes the ones that it needs.
///
/// All are values and safe to share between tasks. Functions that take a transaction run in the caller's.
public struct CredentialServices: Sendable {
    /// Resolves and explains.
    public let resolver: CredentialResolver
    /// What people change and list.
    public let layers: CredentialLayers
    /// What sessions were started with.
    public let pins: Pins
    /// Credentials for single requests.
    public let lender: CredentialLender
    /// Tokens that sessions rotated.
    public let sync: RotationSync
    /// Rotations that wait for their owners.
    public let held: HeldRotations
    /// Refreshes of sign-ins, for a ``TokenBroker``.
    public let refreshes: Refreshes
    /// The rotation of the master key.
    public let masterKeys: MasterKeys

    /// Creates the services.
    ///
    /// - Parameters:
    ///   - store: the database, with all migrations applied.
    ///   - vault: see ``VaultOpening/open(_:store:now:)``.
    ///   - identities: the providers' keys for id tokens, if configured.
    ///   - renewals: the folder for refreshed sign-ins until they are stored; no other process uses it. `nil` keeps them in memory only.
    ///   - logger: receives what is kept and stored later, without secrets.
    ///   - now: returns the current time in UTC milliseconds.
    public init(
        store: Store, accounts: Accounts, vault: Vault, identities: IdentityKeys = IdentityKeys(), renewals: String? = nil,
        logger: Logger = Logger(label: "credentials") { _ in SwiftLogNoOpLogHandler() }, now: @escaping @Sendable () -> Int64
    ) {
        let folder = renewals.map { OutcomeFolder(path: $0, vault: vault) }
        let kept = KeptOutcomes(folder: folder)
        let rows = CredentialRows(vault: vault, now: now)
        let heldRows = HeldRows(vault: vault)
        let failures = CredentialFailures(accounts: accounts, now: now)
        let attempts = RefreshAttempts(accounts: accounts, rows: rows, failures: failures, kept: kept)
        let check = PinCheck(accounts: accounts, rows: rows)
        resolver = CredentialResolver(store: store, accounts: accounts, rows: rows)
        layers = CredentialLayers(store: store, accounts: accounts, rows: rows, held: heldRows, resolver: resolver)
        pins = Pins(rows: rows, failures: failures, resolver: resolver, attempts: attempts, kept: kept, check: check)
        lender = CredentialLender(store: store, rows: rows, failures: failures, resolver: resolver, check: check)
        held = HeldRotations(store: store, accounts: accounts, rows: rows, heldRows: heldRows, resolver: resolver)
        sync = RotationSync(
            store: store, accounts: accounts, rows: rows, heldRows: heldRows, held: held, check: check, identities: identities)
        refreshes = Refreshes(
            store: store, accounts: accounts, rows: rows, failures: failures, attempts: attempts, kept: kept, logger: logger)
        masterKeys = MasterKeys(store: store, accounts: accounts, rows: rows, folder: folder)
    }
}
