import Accounts
import Store
import Vault

/// The end of the old form of seals.
enum SealRenewal {
    /// Renews seals of the old form, which has no version, and makes the vault reject that form from then on.
    ///
    /// Everything is renewed in one transaction; then the key file records that the old form has ended. After a crash in between, the
    /// next start finds in the database that the renewal is done. So an older seal cannot be restored by editing the database, not even
    /// by deleting the record there.
    static func endOldForm(of vault: Vault, _ store: Store, _ now: Int64) async throws {
        let accounts = Accounts(store: store, now: { now })
        try await store.write { transaction in
            if vault.takesOldForm, try !hasEndedOldForm(transaction) {
                let all = try renewCredentials(vault, transaction) + renewHeld(vault, transaction)
                if all != Renewal() {
                    try accounts.record(
                        transaction, .sam, "vault.renewed", vault.currentKey.rawValue,
                        "\(all.renewed) sealed with their version, \(all.unreadable) unreadable")
                }
            }
            try transaction.execute(
                "INSERT INTO seal_forms (form, since) VALUES ($1, $2) ON CONFLICT (form) DO NOTHING", currentForm, now)
        }
        try vault.endOldForm()
    }

    /// The form of the seals that ``Vault`` creates.
    private static let currentForm = 2

    /// The number of renewed and of unreadable seals.
    private struct Renewal: Equatable {
        var renewed = 0
        var unreadable = 0

        static func + (one: Self, other: Self) -> Self {
            Self(renewed: one.renewed + other.renewed, unreadable: one.unreadable + other.unreadable)
        }
    }

    /// Whether the database records the renewal or has a seal of the new form, so that nothing is left to renew.
    private static func hasEndedOldForm(_ transaction: any Transaction) throws -> Bool {
        if try transaction.first("SELECT form FROM seal_forms WHERE form = $1", currentForm) != nil { return true }
        let seals = try transaction.query("SELECT sealed, key_id FROM credentials UNION ALL SELECT sealed, key_id FROM held")
        return seals.contains { row in
            guard let sealed = try? Sealed(row) else { return false }
            return Int(sealed.bytes.first ?? 0) == currentForm
        }
    }

    private static func renewCredentials(_ vault: Vault, _ transaction: any Transaction) throws -> Renewal {
        var renewal = Renewal()
        for row in try transaction.query("SELECT * FROM credentials") {
            let credential: Credential
            let fresh: Sealed
            do {
                credential = try Credential(row)
                fresh = try vault.renew(Sealed(row), from: credential.oldSealContext, as: credential.sealContext)
            } catch {
                // It could not be opened before either; its owner gets an error at the next use.
                renewal.unreadable += 1
                continue
            }
            try transaction.execute(
                "UPDATE credentials SET sealed = $1, key_id = $2 WHERE id = $3", fresh.bytes, fresh.key, credential.id)
            renewal.renewed += 1
        }
        return renewal
    }

    private static func renewHeld(_ vault: Vault, _ transaction: any Transaction) throws -> Renewal {
        var renewal = Renewal()
        for row in try transaction.query("SELECT credential_id, session_id, sealed, key_id, held_at FROM held") {
            let id: CredentialID = try row.parsed("credential_id")
            let session: SessionReference = try row.parsed("session_id")
            guard let owner = try transaction.first("SELECT * FROM credentials WHERE id = $1", id) else { continue }
            let fresh: Sealed
            do {
                let credential = try Credential(owner)
                fresh = try vault.renew(
                    Sealed(row), from: credential.oldHeldContext(session),
                    as: credential.heldContext(session, at: Int64(try row.integer("held_at"))))
            } catch {
                renewal.unreadable += 1
                continue
            }
            try transaction.execute(
                "UPDATE held SET sealed = $1, key_id = $2 WHERE credential_id = $3 AND session_id = $4", fresh.bytes, fresh.key, id, session
            )
            renewal.renewed += 1
        }
        return renewal
    }
}
