import Accounts
import Store
import Vault

/// Reads and writes the rows of `credentials`, and opens and seals their secrets.
struct CredentialRows: Sendable {
    let vault: Vault
    let now: @Sendable () -> Int64

    // MARK: - Reading

    func credential(_ id: CredentialID, _ transaction: any Transaction) throws -> Credential? {
        try transaction.first("SELECT * FROM credentials WHERE id = $1", id).map(Credential.init)
    }

    /// All credentials of a layer for a provider, newest first. At most one is selected. Unreadable rows are reported and skipped.
    func credentials(of owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> [Credential] {
        transaction.readable(try rows(of: owner, provider, transaction), of: "credentials") { try Credential($0) }
    }

    /// The ids of the same credentials, including unreadable ones, so that a removal removes all of them.
    func ids(of owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> [CredentialID] {
        try rows(of: owner, provider, transaction).map { try $0.parsed("id") }
    }

    private func rows(of owner: ScopeOwner, _ provider: Provider, _ transaction: any Transaction) throws -> [Row] {
        try transaction.query(
            """
            SELECT * FROM credentials
            WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3 AND provider = $4
            ORDER BY created_at DESC, id
            """, owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "", provider)
    }

    /// The number of credentials at a layer.
    func count(at owner: ScopeOwner, _ transaction: any Transaction) throws -> Int {
        try transaction.first(
            """
            SELECT COUNT(*) AS count FROM credentials
            WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3
            """, owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? ""
        )?.integer("count") ?? 0
    }

    /// Reads every credential, so that unreadable rows are reported.
    static func readAll(_ transaction: any Transaction) throws {
        _ = transaction.readable(try transaction.query("SELECT * FROM credentials"), of: "credentials") { try Credential($0) }
    }

    // MARK: - Secrets

    /// Opens a credential's secret.
    ///
    /// - Throws: `VaultError`; `StoreError`.
    func secret(of credential: Credential, _ transaction: any Transaction) throws -> Secret {
        guard let row = try transaction.first("SELECT sealed, key_id FROM credentials WHERE id = $1", credential.id) else {
            throw CredentialsError(.notFound, "There is no credential \(credential.id.rawValue).")
        }
        return try vault.open(Sealed(row), for: credential.sealContext)
    }

    /// Stores a new credential, at version 1.
    func insert(
        _ new: NewSecret, of owner: ScopeOwner, _ provider: Provider, by actor: UserID, _ transaction: any Transaction
    ) throws -> Credential {
        guard let id = CredentialID.random(prefix: "c") else { throw CredentialsError(.invalid, "No id could be made.") }
        let label = try SecretRules.label(new.label, for: provider)
        let sealed = try vault.seal(new.secret, for: Credential.sealContext(id, owner, provider, provider.kind, version: 1))
        try transaction.execute(
            """
            INSERT INTO credentials (id, scope, project_id, user_id, provider, kind, label, sealed, key_id, version,
                expires_at, created_by, set_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $11, $12, $12)
            """,
            id, owner.scope, owner.project, owner.user, provider, provider.kind, label, sealed.bytes, sealed.key, new.expiresAt, actor,
            now())
        guard let credential = try credential(id, transaction) else { throw CredentialsError(.notFound, "The credential is gone.") }
        return credential
    }

    /// Seals a new version of a credential's secret, and clears failures and refusals recorded for the old one.
    func write(_ new: NewSecret, _ credential: Credential, _ transaction: any Transaction) throws {
        let sealed = try vault.seal(new.secret, for: credential.sealContext)
        try transaction.execute(
            """
            UPDATE credentials SET sealed = $1, key_id = $2, version = $3, label = $4, expires_at = $5, failed_reason = NULL,
                last_refused_at = NULL, renewed_after_refusal_at = NULL, set_by = $6, updated_at = $7
            WHERE id = $8
            """,
            sealed.bytes, sealed.key, credential.version, credential.label, new.expiresAt, credential.setBy, now(), credential.id)
    }

    // MARK: - Removal

    /// Deletes a credential with its held rotations.
    func remove(_ id: CredentialID, _ transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM credentials WHERE id = $1", id)
    }

    /// Deletes all credentials of a layer with their held rotations.
    func removeAll(of owner: ScopeOwner, _ transaction: any Transaction) throws {
        try transaction.execute(
            "DELETE FROM credentials WHERE scope = $1 AND COALESCE(project_id, '') = $2 AND COALESCE(user_id, '') = $3",
            owner.scope, owner.project?.rawValue ?? "", owner.user?.rawValue ?? "")
    }
}
