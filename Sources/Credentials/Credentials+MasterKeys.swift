import Accounts
import Store
import Vault

extension Credentials {
    /// Opens the vault for a database, and makes sure that its master keys are the ones that the database was sealed with.
    ///
    /// - Parameter source: where the keys come from. A missing file is made only while nothing is sealed.
    /// - Throws: `VaultError` or ``CredentialsError/Code/vault`` that says what is wrong and what to do; nothing was
    ///   changed then. `StoreError`.
    public static func openVault(_ source: KeyringSource, store: Store, now: Int64) async throws -> Vault {
        let (needed, proofs) = try await store.read { transaction in
            let needed = try transaction.query("SELECT key_id FROM credentials UNION SELECT key_id FROM held").map { try $0.text("key_id") }
            let proofs = try transaction.query("SELECT id, proof FROM master_keys").map { (try $0.text("id"), try $0.value("proof")) }
            return (Set(needed), Dictionary(proofs, uniquingKeysWith: { $1 }))
        }
        let vault = try Vault(source, mayCreate: needed.isEmpty)
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
        for id in needed where !vault.knows(MasterKeyID(rawValue: id)) {
            throw CredentialsError(
                .vault,
                """
                The master key \(id) is missing in \(source.place): credentials in this database are sealed with it. Put it back from your \
                backup. Nothing was changed.
                """)
        }
        try await recordProofs(of: vault, store, now)
        try await endOldForm(of: vault, store, now)
        return vault
    }

    /// What a rotation of the master key came to.
    public struct VaultRotation: Sendable, Hashable, Codable {
        /// The key that seals now.
        public var key: String
        /// How many seals were wrapped anew.
        public var rewrapped: Int
        /// How many could not be opened and were left as they are, with their key.
        public var unreadable: Int
        /// Older keys that nothing needs any more. Those in a file are gone from it; those from the environment can be taken out.
        public var unneeded: [String]
    }

    /// Makes a new master key and wraps everything with it, while sessions run. No secret is opened and no version changes.
    ///
    /// It can be broken off at any moment: what is not wrapped anew yet opens with the older key, which is forgotten
    /// only when nothing needs it.
    ///
    /// - Throws: `AccountsError` when the actor is no administrator; `VaultError`; `StoreError`.
    public func rotateMasterKey(by actor: User) async throws -> VaultRotation {
        try actor.requireAdministrator("The master keys are the administrators'.")
        // In the writer's turn: it waits for the disk, and nobody seals meanwhile.
        let (older, key) = try await store.write { _ in (vault.keys, try vault.advance()) }
        try await Self.recordProofs(of: vault, store, now())
        var rotation = VaultRotation(key: key.rawValue, rewrapped: 0, unreadable: 0, unneeded: [])
        var last = ("", "")
        while true {
            let batch = try await store.write { [last] transaction in try rewrap(after: last, transaction) }
            rotation.rewrapped += batch.rewrapped
            rotation.unreadable += batch.unreadable
            guard let next = batch.last else { break }
            last = next
        }
        let unneeded = try await store.write { [rotation] transaction in
            try accounts.record(
                transaction, actor.id, "vault.rotated", key.rawValue,
                "\(rotation.rewrapped) wrapped anew, \(rotation.unreadable) unreadable")
            let needed = try transaction.query("SELECT key_id FROM credentials UNION SELECT key_id FROM held")
                .map { try $0.text("key_id") }
            // Only keys from before this rotation, and while nobody can seal: another rotation may have brought newer ones.
            let unneeded = older.filter { $0 != vault.currentKey && !needed.contains($0.rawValue) }
            try vault.forget(unneeded)
            return unneeded
        }
        rotation.unneeded = unneeded.map(\.rawValue)
        return rotation
    }

    private struct Batch {
        var rewrapped = 0
        var unreadable = 0
        var last: (String, String)?
    }

    /// Wraps the next seals after a place in the order of credentials and their held rotations.
    private func rewrap(after place: (String, String), _ transaction: any Transaction) throws -> Batch {
        var batch = Batch()
        let rows = try transaction.query(
            """
            SELECT id, '' AS session_id, sealed, key_id, 0 AS held_at FROM credentials WHERE id > $1
            UNION ALL
            SELECT credential_id, session_id, sealed, key_id, held_at FROM held
            WHERE (credential_id, session_id) > ($1, $2)
            ORDER BY 1, 2 LIMIT 200
            """, place.0, place.1)
        for row in rows {
            let id: CredentialID = try row.parsed("id")
            let session: SessionReference = try row.parsed("session_id")
            batch.last = (id.rawValue, session.rawValue)
            let sealed: Sealed
            let credential: Credential
            let heldAt: Int64
            do {
                sealed = try Sealed(row)
                heldAt = Int64(try row.integer("held_at"))
                guard sealed.key != vault.currentKey, let found = try self.credential(id, transaction) else { continue }
                credential = found
            } catch {
                transaction.report(row, of: "credentials", error)
                batch.unreadable += 1
                continue
            }
            let isHeld = !session.rawValue.isEmpty
            let context = isHeld ? credential.heldContext(session, at: heldAt) : credential.sealContext
            guard let fresh = try? vault.rewrap(sealed, for: context) else {
                batch.unreadable += 1
                continue
            }
            if isHeld {
                try transaction.execute(
                    "UPDATE held SET sealed = $1, key_id = $2 WHERE credential_id = $3 AND session_id = $4",
                    fresh.bytes, fresh.key, id, session)
            } else {
                try transaction.execute(
                    "UPDATE credentials SET sealed = $1, key_id = $2 WHERE id = $3", fresh.bytes, fresh.key, id)
            }
            batch.rewrapped += 1
        }
        return batch
    }

    private static func recordProofs(of vault: Vault, _ store: Store, _ now: Int64) async throws {
        try await store.write { transaction in
            for key in vault.keys {
                try transaction.execute(
                    "INSERT INTO master_keys (id, proof, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
                    key, vault.proof(of: key), now)
            }
        }
    }
}
