import Accounts
import Store
import Vault

/// Reads and writes the rows of `held`: rotated tokens that wait for their owner, sealed.
struct HeldRows: Sendable {
    let vault: Vault

    /// A held rotation, opened.
    struct Opened {
        var secret: Secret
        /// The user of the session that rotated it.
        var setBy: UserID
    }

    func count(of credential: CredentialID, _ transaction: any Transaction) throws -> Int {
        try transaction.query("SELECT session_id FROM held WHERE credential_id = $1", credential).count
    }

    /// The rotations of a credential, newest first.
    func all(of credential: Credential, _ transaction: any Transaction) throws -> [HeldRotation] {
        try transaction.query(
            "SELECT session_id, held_at, why FROM held WHERE credential_id = $1 ORDER BY held_at DESC, session_id", credential.id
        ).map { row in
            HeldRotation(
                credential: credential.id, label: credential.label, provider: credential.provider, scope: credential.owner.scope,
                session: try row.text("session_id"), heldAt: Int64(try row.integer("held_at")), why: try row.text("why"))
        }
    }

    /// Opens the rotation of a session; `nil` when none is held.
    ///
    /// - Throws: `VaultError`; `StoreError`.
    func open(_ credential: Credential, _ session: SessionReference, _ transaction: any Transaction) throws -> Opened? {
        try row(credential, session, transaction).map { row in
            Opened(
                secret: try vault.open(Sealed(row), for: credential.heldContext(session, at: Int64(try row.integer("held_at")))),
                setBy: try row.parsed("set_by"))
        }
    }

    /// When the rotation of a session was held, in UTC milliseconds, and whether it is this secret; `nil` when none is held.
    func compare(
        _ secret: Secret, with credential: Credential, _ session: SessionReference, _ transaction: any Transaction
    ) throws -> (heldAt: Int64, isSame: Bool)? {
        try row(credential, session, transaction).map { row in
            let heldAt = Int64(try row.integer("held_at"))
            // A seal that can't be opened is replaced like an older rotation.
            let known = try? vault.open(Sealed(row), for: credential.heldContext(session, at: heldAt))
            return (heldAt, known == secret)
        }
    }

    private func row(_ credential: Credential, _ session: SessionReference, _ transaction: any Transaction) throws -> Row? {
        try transaction.first(
            "SELECT sealed, key_id, set_by, held_at FROM held WHERE credential_id = $1 AND session_id = $2", credential.id, session)
    }

    /// Seals and stores a session's rotation in place of its earlier one.
    ///
    /// - Parameter time: later than that of the earlier one, because the seal is bound to it.
    func put(
        _ secret: Secret, of credential: Credential, from session: SessionIdentity, at time: Int64, why: String,
        _ transaction: any Transaction
    ) throws {
        let sealed = try vault.seal(secret, for: credential.heldContext(session.session, at: time))
        try transaction.execute(
            """
            INSERT INTO held (credential_id, session_id, sealed, key_id, set_by, held_at, why) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (credential_id, session_id) DO UPDATE SET
                sealed = excluded.sealed, key_id = excluded.key_id, set_by = excluded.set_by, held_at = excluded.held_at, why = excluded.why
            """, credential.id, session.session, sealed.bytes, sealed.key, session.user, time, why)
    }

    func remove(_ credential: CredentialID, _ session: SessionReference, _ transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM held WHERE credential_id = $1 AND session_id = $2", credential, session)
    }
}
