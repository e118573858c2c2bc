import Accounts
import Store
import Vault

extension Credentials {
    /// The ids of the master keys that a database's secrets are sealed with, sorted.
    ///
    /// - Throws: `StoreError`.
    public static func sealingKeys(in store: Store) async throws -> [String] {
        try await store.read { transaction in
            try transaction.query("SELECT key_id FROM credentials UNION SELECT key_id FROM held ORDER BY key_id").map {
                try $0.text("key_id")
            }
        }
    }

    /// Makes sure that the master keys at hand are those that a database's secrets are sealed with. Changes nothing.
    ///
    /// - Throws: ``CredentialsError/Code/vault`` with the ids of those that are missing or are others of the same name; `VaultError`;
    ///   `StoreError`.
    public static func checkKeys(_ source: KeyringSource, open store: Store) async throws {
        let needed = try await sealingKeys(in: store)
        guard !needed.isEmpty else { return }
        let vault = try Self.vault(source, for: needed)
        let missing = needed.filter { !vault.knows(MasterKeyID(rawValue: $0)) }
        guard missing.isEmpty else {
            throw CredentialsError(
                .vault,
                """
                The master key \(missing.joined(separator: ", ")) is missing in \(source.place): secrets of the backup are sealed with it. Put the \
                keys of that time there, beside the newer ones.
                """)
        }
        let proofs = try await store.read { transaction in
            try transaction.query("SELECT id, proof FROM master_keys").map { (try $0.text("id"), try $0.value("proof")) }
        }
        for (id, proof) in proofs where needed.contains(id) {
            guard let known = vault.proof(of: MasterKeyID(rawValue: id)), proof == .blob(known) else {
                throw CredentialsError(
                    .vault,
                    "The master key \(id) in \(source.place) is not the one that secrets of the backup are sealed with. Put the keys of that time there."
                )
            }
        }
    }

    private static func vault(_ source: KeyringSource, for needed: [String]) throws -> Vault {
        do {
            return try Vault(source, mayCreate: false)
        } catch {
            guard error.code == .keyringMissing else { throw error }
            throw CredentialsError(
                .vault,
                """
                The master keys are missing: there is no \(source.place), and secrets of the backup are sealed with \(needed.joined(separator: ", ")). \
                Put the file back from where you keep it, or set SAM_MASTER_KEYS.
                """)
        }
    }

    /// Ends every loan of a sign-in file: the sessions that had them are over. Their owners are told, since an agent may have rotated
    /// what it was lent.
    ///
    /// - Parameter caller: who a session works for; `nil` for one that is not known.
    /// - Throws: `AccountsError`; `StoreError`.
    public static func endLoans(
        _ accounts: Accounts, now: Int64, in transaction: any Transaction, caller: (SessionReference) throws -> SyncCaller?
    ) throws {
        let lent = try transaction.query("SELECT * FROM pins WHERE mode = 'materialised' AND settled_at IS NULL")
        for row in lent {
            let pin = try Pin(row)
            guard let caller = try caller(try row.parsed("session_id")) else { continue }
            try accounts.record(
                transaction, .session(caller.session.rawValue), "sync.lost", pin.credential.rawValue, "SAM was restored from a backup")
            try accounts.notify(
                pin.scope == .project ? .project(caller.project) : .user(caller.user), .rotationDropped, pin.credential.rawValue,
                """
                Session \(caller.session.rawValue) had the sign-in for \(pin.provider.rawValue) when the backup was made from which SAM was \
                restored. If its agent rotated it since, sign in again.
                """, in: transaction)
        }
        try transaction.execute("UPDATE pins SET settled_at = $1 WHERE settled_at IS NULL", now)
    }
}
