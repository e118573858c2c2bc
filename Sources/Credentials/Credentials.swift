import Accounts
import Store
import Vault

/// Credentials and their bindings: what each layer says about a provider, what applies, and what sessions were
/// started with.
///
/// A value around the store and the vault; safe to share between tasks. Functions that take a transaction do
/// their part of one that a caller has begun, so that a session's start and its pin are one fact.
public struct Credentials: Sendable {
    let store: Store
    let accounts: Accounts
    let vault: Vault
    let identities: IdentityKeys
    let now: @Sendable () -> Int64

    /// Opens the credentials.
    ///
    /// - Parameters:
    ///   - store: the database, migrated.
    ///   - vault: see ``openVault(_:store:now:)``.
    ///   - identities: the providers' keys for id tokens, where someone configured them.
    ///   - now: the time, in UTC milliseconds.
    public init(
        store: Store, accounts: Accounts, vault: Vault, identities: IdentityKeys = IdentityKeys(), now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.accounts = accounts
        self.vault = vault
        self.identities = identities
        self.now = now
    }

    // MARK: - Rows

    func credential(_ id: CredentialID, _ transaction: any Transaction) throws -> Credential? {
        try transaction.first("SELECT * FROM credentials WHERE id = $1", id).map(Credential.init)
    }

    /// Every credential that a layer holds for a provider, the newest first. One of them at most is selected.
    func credentials(of owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> [Credential] {
        transaction.readable(try rows(of: owner, provider, transaction), of: "credentials") { try Credential($0) }
    }

    /// The same without regard to whether they can be read: what is removed is removed whole.
    func rows(of owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> [Row] {
        try transaction.query(
            """
            SELECT * FROM credentials
            WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3 AND provider = $4
            ORDER BY created_at DESC, id
            """, owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "", provider)
    }

    /// Reads every credential and binding, so that those that can't be read are reported.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        _ = transaction.readable(try transaction.query("SELECT * FROM credentials"), of: "credentials") { try Credential($0) }
        let name: (Row) throws -> String = { "\(try $0.text("scope")):\(try $0.text("provider"))" }
        _ = transaction.readable(try transaction.query("SELECT * FROM bindings"), of: "bindings", id: name) { try Binding($0) }
    }

    /// Opens a credential's secret.
    ///
    /// - Throws: `VaultError`; `StoreError`.
    func secret(of credential: Credential, _ transaction: any Transaction) throws -> Secret {
        guard let row = try transaction.first("SELECT sealed, key_id FROM credentials WHERE id = $1", credential.id) else {
            throw CredentialsError(.notFound, "There is no credential \(credential.id.rawValue).")
        }
        return try vault.open(Sealed(row), for: credential.sealContext)
    }

    func newIdentifier() throws -> CredentialID {
        guard let id = CredentialID.random(prefix: "c") else { throw CredentialsError(.invalid, "No id could be made.") }
        return id
    }
}

extension Sealed {
    init(_ row: Row) throws {
        guard case .blob(let bytes) = try row.value("sealed") else {
            throw StoreError(.unexpectedValue, "column sealed does not hold bytes")
        }
        self.init(bytes: bytes, key: MasterKeyID(rawValue: try row.text("key_id")))
    }
}

extension MasterKeyID: SQLBindable {}
