import Accounts
import Store
import Vault

/// Rotations that could not be written to their credentials: held, listed, recovered and discarded by the owner. They are never resolved.
public struct HeldRotations: Sendable {
    let store: Store
    let accounts: Accounts
    let rows: CredentialRows
    let heldRows: HeldRows
    let resolver: CredentialResolver

    /// The rotations held at a layer, newest first.
    ///
    /// - Throws: `AccountsError` when the user may not change the layer; `StoreError`.
    public func list(_ provider: Provider, at owner: ScopeOwner, for user: User) async throws -> [HeldRotation] {
        try await store.read { transaction in
            try accounts.check(user, mayChange: owner, in: transaction)
            return try list(provider, owner, transaction)
        }
    }

    /// Writes a held rotation as the credential's next version, at its owner's request.
    ///
    /// - Parameter session: the session that rotated it; `nil` for the newest rotation.
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
        let before = try resolver.explain(for: change, transaction)
        let (rotation, credential) = try find(session, change, transaction)
        let owner = SessionReference(rawValue: rotation.session)
        guard let opened = try heldRows.open(credential, owner, transaction) else { throw Self.nothingHeld(change) }
        var written = credential
        written.version += 1
        // The owner of the sign-in stays the user of the session that rotated it, regardless of who recovers it.
        written.setBy = opened.setBy
        try rows.write(NewSecret(opened.secret, expiresAt: credential.expiresAt), written, transaction)
        try heldRows.remove(credential.id, owner, transaction)
        try accounts.record(
            transaction, change.actor.id, "credential.recovered", credential.id.rawValue,
            "the rotation of session \(rotation.session), as version \(written.version)")
        return ChangeReport(
            done: "The rotation of session \(rotation.session) is version \(written.version) of “\(credential.label)” now.",
            before: before, after: try resolver.explain(for: change, transaction))
    }

    /// Discards a held rotation.
    ///
    /// - Throws: ``CredentialsError/Code/notFound``; `AccountsError`; `StoreError`.
    public func discard(_ session: SessionReference?, _ change: CredentialChange) async throws -> ChangeReport {
        try await store.write { transaction in
            try accounts.check(change.actor, mayChange: change.owner, in: transaction)
            let (rotation, credential) = try find(session, change, transaction)
            try heldRows.remove(credential.id, SessionReference(rawValue: rotation.session), transaction)
            try accounts.record(
                transaction, change.actor.id, "credential.discarded", credential.id.rawValue, "the rotation of session \(rotation.session)")
            let unchanged = try resolver.explain(for: change, transaction)
            return ChangeReport(done: "The rotation of session \(rotation.session) is thrown away.", before: unchanged, after: unchanged)
        }
    }

    /// Holds a rotation for its owner, and notifies the owner of a session's first one.
    func hold(
        _ secret: Secret, of credential: Credential, from session: SessionIdentity, why: String, _ transaction: any Transaction
    ) throws {
        let earlier = try heldRows.compare(secret, with: credential, session.session, transaction)
        if earlier?.isSame == true { return }
        // Strictly increasing: the time distinguishes this rotation from the one that it replaces.
        let time = max(rows.now(), (earlier?.heldAt ?? 0) + 1)
        try heldRows.put(secret, of: credential, from: session, at: time, why: why, transaction)
        try accounts.record(transaction, session.actor, "sync.held", credential.id.rawValue, why)
        // Notify once per session, since an agent could rotate without end.
        guard earlier == nil else { return }
        try accounts.notify(
            credential.owner, .syncDeclined, credential.id.rawValue,
            """
            Session \(session.session.rawValue) rotated “\(credential.label)”, and the new token was not stored because \(why). \
            It is held for you: sam credentials recover \(credential.provider.rawValue)\(try options(credential.owner, transaction))
            """, in: transaction)
    }

    // MARK: - Parts

    private func list(_ provider: Provider, _ owner: ScopeOwner, _ transaction: any Transaction) throws -> [HeldRotation] {
        try rows.credentials(of: owner, provider, transaction).flatMap { try heldRows.all(of: $0, transaction) }
            .sorted { $0.heldAt > $1.heldAt }
    }

    private func find(
        _ session: SessionReference?, _ change: CredentialChange, _ transaction: any Transaction
    ) throws -> (HeldRotation, Credential) {
        let all = try list(change.provider, change.owner, transaction)
        guard let rotation = all.first(where: { session == nil || $0.session == session?.rawValue }),
            let credential = try rows.credential(rotation.credential, transaction)
        else { throw Self.nothingHeld(change) }
        return (rotation, credential)
    }

    /// The command-line options that select a layer.
    private func options(_ owner: ScopeOwner, _ transaction: any Transaction) throws -> String {
        switch owner {
        case .user: ""
        case .platform: " --scope platform"
        case .project(let id): " --project \(try accounts.name(of: id, in: transaction) ?? id.rawValue)"
        }
    }

    private static func nothingHeld(_ change: CredentialChange) -> CredentialsError {
        CredentialsError(
            .notFound, "No rotation is held for \(change.provider.rawValue) at the \(change.owner.scope.rawValue) scope.")
    }
}
