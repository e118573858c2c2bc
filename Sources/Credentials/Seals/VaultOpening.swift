import Store
import Vault

/// Opens a database's vault.
public enum VaultOpening {
    /// Opens the vault for a database and verifies that its master keys are those that sealed the database's secrets.
    ///
    /// - Parameter source: the source of the keys. A missing file is created only while no secrets are sealed.
    /// - Throws: `VaultError` or ``CredentialsError/Code/vault`` with the problem and its remedy; nothing was changed in this case.
    ///   `StoreError`.
    public static func open(_ source: KeyringSource, store: Store, now: Int64) async throws -> Vault {
        let needs = try await Needs(of: store)
        let vault = try Vault(source, mayCreate: needs.keys.isEmpty)
        try needs.check(vault, from: source)
        try await SealingKeys.recordProofs(of: vault, store, now)
        try await SealRenewal.endOldForm(of: vault, store, now)
        return vault
    }

    /// Checks what ``open(_:store:now:)`` checks, without changing anything.
    ///
    /// - Parameter store: `nil` while there is no database yet.
    /// - Throws: `VaultError` or ``CredentialsError/Code/vault`` with the problem and its remedy; `StoreError`.
    public static func check(_ source: KeyringSource, store: Store?) async throws {
        let needs = if let store { try await Needs(of: store) } else { Needs() }
        let vault: Vault
        do {
            vault = try Vault(source, mayCreate: false)
        } catch {
            guard error.code == .keyringMissing, needs.keys.isEmpty else { throw error }
            return
        }
        try needs.check(vault, from: source)
    }
}

/// The master keys that a database needs.
private struct Needs {
    var keys: Set<String> = []
    var proofs: [(id: String, proof: SQLValue)] = []

    init() {}

    init(of store: Store) async throws {
        (keys, proofs) = try await store.read { transaction in
            (Set(try SealingKeys.ids(transaction)), try SealingKeys.proofs(transaction))
        }
    }

    /// Verifies that a vault has these keys.
    func check(_ vault: Vault, from source: KeyringSource) throws {
        for (id, proof) in proofs {
            guard let known = vault.proof(of: MasterKeyID(rawValue: id)) else { continue }
            guard proof == .blob(known) else {
                throw CredentialsError(
                    .vault,
                    """
                    The master key \(id) in \(source.place) is not the one that this database was sealed with. Put the right keys back from your \
                    backup. Nothing was changed.
                    """)
            }
        }
        for id in keys where !vault.knows(MasterKeyID(rawValue: id)) {
            throw CredentialsError(
                .vault,
                """
                The master key \(id) is missing in \(source.place): credentials in this database are sealed with it. Put it back from your \
                backup. Nothing was changed.
                """)
        }
    }
}
