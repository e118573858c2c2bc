import Accounts
import Store
import Vault

/// A rotated token that could not be stored where it belongs, kept sealed for its owner.
public struct HeldRotation: Sendable, Hashable, Codable {
    public var credential: CredentialID
    public var label: String
    public var provider: Provider
    public var scope: Scope
    /// The session that rotated it.
    public var session: String
    /// UTC milliseconds.
    public var heldAt: Int64
    public var why: String
}

extension Credentials {
    /// The rotations that are held at a layer, newest first.
    ///
    /// - Throws: `AccountsError` when the layer is not the user's; `StoreError`.
    public func held(_ provider: Provider, at owner: ScopeOwner, for user: User) async throws -> [HeldRotation] {
        try await store.read { transaction in
            try accounts.check(user, mayChange: owner, in: transaction)
            return try held(provider, owner, transaction)
        }
    }

    /// Makes a held rotation the credential's next version: its owner says that this is the one that works.
    ///
    /// - Parameter session: whose rotation; `nil` for the newest.
    /// - Throws: ``CredentialsError/Code/notFound``; `AccountsError`; `StoreError`.
    public func recover(_ session: SessionReference?, _ change: CredentialChange) async throws -> ChangeReport {
        try await store.write { transaction in
            try recover(session, change, in: transaction)
        }
    }

    package func recover(
        _ session: SessionReference?, _ change: CredentialChange, in transaction: any Transaction
    ) throws -> ChangeReport {
        try accounts.check(change.actor, mayChange: change.owner, in: transaction)
        let before = try explain(change.provider, project: change.owner.project, user: change.actor.id, in: transaction)
        let (rotation, credential) = try find(session, change, transaction)
        let owner = SessionReference(rawValue: rotation.session)
        guard
            let row = try transaction.first(
                "SELECT sealed, key_id, set_by, held_at FROM held WHERE credential_id = $1 AND session_id = $2", credential.id, owner)
        else { throw Self.nothingHeld(change) }
        let secret = try vault.open(Sealed(row), for: credential.heldContext(owner, at: Int64(try row.integer("held_at"))))
        var written = credential
        written.version += 1
        // It is the sign-in of the person whose session rotated it, whoever brings it back.
        written.setBy = try row.parsed("set_by")
        try write(NewSecret(secret, expiresAt: credential.expiresAt), written, transaction)
        try dropHeld(credential.id, owner, transaction)
        try accounts.record(
            transaction, change.actor.id, "credential.recovered", credential.id.rawValue,
            "the rotation of session \(rotation.session), as version \(written.version)")
        return ChangeReport(
            done: "The rotation of session \(rotation.session) is version \(written.version) of “\(credential.label)” now.",
            before: before,
            after: try explain(change.provider, project: change.owner.project, user: change.actor.id, in: transaction))
    }

    /// Throws a held rotation away.
    ///
    /// - Throws: ``CredentialsError/Code/notFound``; `AccountsError`; `StoreError`.
    public func discard(_ session: SessionReference?, _ change: CredentialChange) async throws -> ChangeReport {
        try await store.write { transaction in
            try accounts.check(change.actor, mayChange: change.owner, in: transaction)
            let (rotation, credential) = try find(session, change, transaction)
            try dropHeld(credential.id, SessionReference(rawValue: rotation.session), transaction)
            try accounts.record(
                transaction, change.actor.id, "credential.discarded", credential.id.rawValue, "the rotation of session \(rotation.session)")
            let stands = try explain(change.provider, project: change.owner.project, user: change.actor.id, in: transaction)
            return ChangeReport(done: "The rotation of session \(rotation.session) is thrown away.", before: stands, after: stands)
        }
    }

    // MARK: - Parts

    private func held(_ provider: Provider, _ owner: ScopeOwner, _ transaction: any Transaction) throws -> [HeldRotation] {
        try credentials(of: owner, provider, transaction).flatMap { credential in
            try transaction.query(
                "SELECT session_id, held_at, why FROM held WHERE credential_id = $1 ORDER BY held_at DESC, session_id", credential.id
            ).map { row in
                HeldRotation(
                    credential: credential.id, label: credential.label, provider: provider, scope: owner.scope,
                    session: try row.text("session_id"), heldAt: Int64(try row.integer("held_at")), why: try row.text("why"))
            }
        }.sorted { $0.heldAt > $1.heldAt }
    }

    private func find(
        _ session: SessionReference?, _ change: CredentialChange, _ transaction: any Transaction
    ) throws -> (HeldRotation, Credential) {
        let all = try held(change.provider, change.owner, transaction)
        guard let rotation = all.first(where: { session == nil || $0.session == session?.rawValue }),
            let credential = try credential(rotation.credential, transaction)
        else { throw Self.nothingHeld(change) }
        return (rotation, credential)
    }

    private func dropHeld(_ credential: CredentialID, _ session: SessionReference, _ transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM held WHERE credential_id = $1 AND session_id = $2", credential, session)
    }

    private static func nothingHeld(_ change: CredentialChange) -> CredentialsError {
        CredentialsError(
            .notFound, "No rotation is held for \(change.provider.rawValue) at the \(change.owner.scope.rawValue) scope.")
    }
}
