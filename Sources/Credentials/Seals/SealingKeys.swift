import Store
import Vault

/// The master keys that a database's seals need, and the proofs of all that it has used.
public enum SealingKeys {
    /// The ids of the master keys that sealed a database's secrets, sorted.
    ///
    /// - Throws: `StoreError`.
    public static func all(in store: Store) async throws -> [String] {
        try await store.read { transaction in try ids(transaction).sorted() }
    }

    static func ids(_ transaction: any Transaction) throws -> [String] {
        try transaction.query("SELECT key_id FROM credentials UNION SELECT key_id FROM held").map { try $0.text("key_id") }
    }

    /// Each master key that the database has used, with the proof of its value.
    static func proofs(_ transaction: any Transaction) throws -> [(id: String, proof: SQLValue)] {
        try transaction.query("SELECT id, proof FROM master_keys").map { (try $0.text("id"), try $0.value("proof")) }
    }

    /// Records proofs of a vault's keys, so that another key with the same id is recognised.
    static func recordProofs(of vault: Vault, _ store: Store, _ now: Int64) async throws {
        try await store.write { transaction in
            for key in vault.keys {
                try transaction.execute(
                    "INSERT INTO master_keys (id, proof, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
                    key, vault.proof(of: key), now)
            }
        }
    }
}
