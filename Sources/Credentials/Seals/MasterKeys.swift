import Accounts
import Store
import Vault

/// The master keys that seal a database's secrets: their rotation.
public struct MasterKeys: Sendable {
    let store: Store
    let accounts: Accounts
    let rows: CredentialRows
    let folder: OutcomeFolder?

    /// Creates a new master key and rewraps all seals with it, while sessions run. No secret is decrypted and no version changes.
    ///
    /// It can be interrupted at any time: seals that are not rewrapped yet open with the older key, which is forgotten only when no seal
    /// needs it. Refreshed sign-ins that are not stored yet are not rewrapped, and need the key that they are sealed with.
    ///
    /// - Throws: `AccountsError` when the actor is not an administrator; `VaultError`; ``CredentialsError/Code/vault`` when it can't be known
    ///   which keys refreshed sign-ins need; `StoreError`.
    public func rotate(by actor: User) async throws -> VaultRotation {
        try actor.requireAdministrator("The master keys are the administrators'.")
        let vault = rows.vault
        _ = try folder?.keys()
        // Runs in the write transaction: it waits for the disk, and nothing is sealed meanwhile.
        let (older, key) = try await store.write { _ in (vault.keys, try vault.advance()) }
        try await SealingKeys.recordProofs(of: vault, store, rows.now())
        var rotation = VaultRotation(
            key: key.rawValue, rewrapped: 0, unreadable: 0, unneeded: [], source: vault.keepsKeys ? .file : .environment)
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
                "\(rotation.rewrapped) rewrapped, \(rotation.unreadable) unreadable")
            let needed = Set(try SealingKeys.ids(transaction)).union(try folder?.keys().map(\.rawValue) ?? [])
            // Only keys from before this rotation, and while nothing can be sealed: a concurrent rotation may have added newer keys.
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

    /// Rewraps the next batch of seals after a position in the order of credentials and their held rotations.
    private func rewrap(after place: (String, String), _ transaction: any Transaction) throws -> Batch {
        let vault = rows.vault
        var batch = Batch()
        let seals = try transaction.query(
            """
            SELECT id, '' AS session_id, sealed, key_id, 0 AS held_at FROM credentials WHERE id > $1
            UNION ALL
            SELECT credential_id, session_id, sealed, key_id, held_at FROM held
            WHERE (credential_id, session_id) > ($1, $2)
            ORDER BY 1, 2 LIMIT 200
            """, place.0, place.1)
        for row in seals {
            let id: CredentialID = try row.parsed("id")
            let session: SessionReference = try row.parsed("session_id")
            batch.last = (id.rawValue, session.rawValue)
            let sealed: Sealed
            let credential: Credential
            let heldAt: Int64
            do {
                sealed = try Sealed(row)
                heldAt = Int64(try row.integer("held_at"))
                guard sealed.key != vault.currentKey, let found = try rows.credential(id, transaction) else { continue }
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
}
