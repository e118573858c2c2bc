import Accounts
import Cascade
import Store
import Vault

/// A secret as a person gives it, with what belongs to it.
public struct NewSecret: Sendable {
    public var secret: Secret
    /// `nil` keeps the label that stands, or takes the provider's name.
    public var label: String?
    /// UTC milliseconds; `nil` for one that is not known to expire.
    public var expiresAt: Int64?

    /// Wraps a secret.
    public init(_ secret: Secret, label: String? = nil, expiresAt: Int64? = nil) {
        self.secret = secret
        self.label = label
        self.expiresAt = expiresAt
    }
}

/// What a person can do to a layer. Turning off, removing and replacing are three acts.
public enum CredentialAct: Sendable {
    /// Writes a new version of what is selected, or stores and selects another. A tombstone stays.
    case set(NewSecret)
    /// Leaves a tombstone: the search stops here, whether there is a credential or not.
    case off
    /// Takes the tombstone away, and uses what is stored here.
    case on
    /// Deletes the secret. A tombstone stays.
    case remove
    /// Makes the scope say nothing, so that broader ones speak. What is stored here stays stored.
    case clear

    var name: String {
        switch self {
        case .set: "set"
        case .off: "off"
        case .on: "on"
        case .remove: "removed"
        case .clear: "cleared"
        }
    }
}

/// Where an act is done, by whom and why.
public struct CredentialChange: Sendable {
    public var provider: Provider
    public var owner: ScopeOwner
    public var actor: User
    public var reason: String?

    /// Names a layer and who changes it.
    public init(_ provider: Provider, at owner: ScopeOwner, by actor: User, reason: String? = nil) {
        self.provider = provider
        self.owner = owner
        self.actor = actor
        self.reason = reason
    }
}

/// What an act came to.
public struct ChangeReport: Sendable, Hashable, Codable {
    /// What was done, in a sentence.
    public var done: String
    /// What applied to the one who did it, before.
    public var before: Explanation
    /// What applies to them now.
    public var after: Explanation
}

extension Credentials {
    /// Does something to a layer, in one transaction with its line in the audit trail.
    ///
    /// - Parameter dryRun: tells what would come of it, and does nothing.
    /// - Throws: ``CredentialsError``; `AccountsError` when it is not the actor's to do; `StoreError`.
    public func perform(_ act: CredentialAct, _ change: CredentialChange, dryRun: Bool = false) async throws -> ChangeReport {
        do {
            return try await store.write { transaction in
                let report = try perform(act, change, in: transaction)
                if dryRun { throw DryRun(report: report) }
                return report
            }
        } catch let dryRun as DryRun {
            return dryRun.report
        }
    }

    /// Thrown to undo the transaction in which something was tried.
    private struct DryRun: Error {
        var report: ChangeReport
    }

    package func perform(_ act: CredentialAct, _ change: CredentialChange, in transaction: any Transaction) throws -> ChangeReport {
        try accounts.check(change.actor, mayChange: change.owner, in: transaction)
        if let reason = change.reason, reason.count > 500 || reason.contains(where: { $0.isNewline }) {
            throw CredentialsError(.invalid, "A reason is a line of at most 500 characters.")
        }
        let before = try explain(change.provider, project: change.owner.project, user: change.actor.id, in: transaction)
        let done = try act.perform(self, change, transaction)
        let place = "\(change.provider.rawValue)@\(change.owner.scope.rawValue):\(change.owner.owner)"
        try accounts.record(transaction, change.actor.id, "credential.\(act.name)", place, change.reason ?? "")
        return ChangeReport(
            done: done, before: before,
            after: try explain(change.provider, project: change.owner.project, user: change.actor.id, in: transaction))
    }

    // MARK: - The five acts

    fileprivate func set(_ new: NewSecret, _ change: CredentialChange, _ transaction: any Transaction) throws -> String {
        guard change.provider.takesCredential else {
            throw CredentialsError(.invalid, "\(change.provider.rawValue) is SAM's own and takes no key.")
        }
        try SecretRules.check(new.secret, for: change.provider)
        let binding = try binding(change.owner, change.provider, transaction)
        let kind = change.provider.kind
        let selected = try binding?.credential.flatMap { try credential($0, transaction) }
        let told: String
        var stored: Credential
        if let selected, selected.kind == kind {
            stored = selected
            stored.label = try new.label.map { try SecretRules.label($0, for: change.provider) } ?? selected.label
            stored.version += 1
            stored.setBy = change.actor.id
            try write(new, stored, transaction)
            told = "Version \(stored.version) of “\(stored.label)” is stored."
        } else {
            stored = try insert(new, kind, change, transaction)
            told = "“\(stored.label)” is stored."
        }
        let isOff = binding?.state == .inactive
        try put(
            Binding(
                owner: change.owner, provider: change.provider, state: isOff ? .inactive : .active, credential: stored.id,
                reason: isOff ? binding?.reason : change.reason,
                // Who turned it off is who is named, also after someone else has stored another secret under it.
                changedBy: isOff ? binding?.changedBy ?? change.actor.id : change.actor.id,
                changedAt: isOff ? binding?.changedAt ?? now() : now()), transaction)
        return isOff ? told + " The scope stays turned off; `on` uses it." : told
    }

    fileprivate func turnOff(_ change: CredentialChange, _ transaction: any Transaction) throws -> String {
        let binding = try binding(change.owner, change.provider, transaction)
        try put(
            Binding(
                owner: change.owner, provider: change.provider, state: .inactive, credential: binding?.credential,
                reason: change.reason, changedBy: change.actor.id, changedAt: now()), transaction)
        let stored = binding?.credential == nil ? "" : " Its credential stays stored."
        return "\(change.provider.rawValue) is turned off at the \(change.owner.scope.rawValue) scope.\(stored)"
    }

    fileprivate func turnOn(_ change: CredentialChange, _ transaction: any Transaction) throws -> String {
        let binding = try binding(change.owner, change.provider, transaction)
        // After a clear nothing is selected; the newest that is stored is what the person means.
        let chosen =
            try binding?.credential.flatMap { try credential($0, transaction) }
            ?? credentials(of: change.owner, change.provider, transaction).first
        guard let chosen else {
            throw CredentialsError(
                .wrongState,
                """
                The \(change.owner.scope.rawValue) scope has no credential for \(change.provider.rawValue) to turn on. \
                Store one with `set`, or let broader scopes speak with `clear`.
                """)
        }
        try put(
            Binding(
                owner: change.owner, provider: change.provider, state: .active, credential: chosen.id,
                reason: change.reason, changedBy: change.actor.id, changedAt: now()), transaction)
        return "\(change.provider.rawValue) is turned on at the \(change.owner.scope.rawValue) scope, with “\(chosen.label)”."
    }

    fileprivate func remove(_ change: CredentialChange, _ transaction: any Transaction) throws -> String {
        let binding = try binding(change.owner, change.provider, transaction)
        let stored: [CredentialID] = try rows(of: change.owner, change.provider, transaction).map { try $0.parsed("id") }
        guard !stored.isEmpty || binding?.credential != nil else {
            throw CredentialsError(
                .notFound, "The \(change.owner.scope.rawValue) scope has no credential for \(change.provider.rawValue) to remove.")
        }
        var held = 0
        for credential in stored {
            held += try transaction.query("SELECT session_id FROM held WHERE credential_id = $1", credential).count
            try transaction.execute("DELETE FROM credentials WHERE id = $1", credential)
        }
        let removed = "The credential is removed\(held > 0 ? ", and the \(held) rotations of it that were held" : "")."
        guard var binding else { return removed }
        switch binding.state {
        case .active:
            try removeBinding(change.owner, change.provider, transaction)
            return removed
        case .inactive:
            binding.credential = nil
            try put(binding, transaction)
            return removed + " The scope stays turned off: `clear` lets broader scopes speak again."
        }
    }

    fileprivate func clear(_ change: CredentialChange, _ transaction: any Transaction) throws -> String {
        guard let binding = try binding(change.owner, change.provider, transaction) else {
            throw CredentialsError(
                .notFound, "The \(change.owner.scope.rawValue) scope says nothing about \(change.provider.rawValue) already.")
        }
        try removeBinding(change.owner, change.provider, transaction)
        let stored = binding.credential == nil ? "" : " Its credential stays stored and unused; `on` uses it again, `rm` removes it."
        return "The \(change.owner.scope.rawValue) scope says nothing about \(change.provider.rawValue) any more.\(stored)"
    }

    // MARK: - Secrets

    private func insert(
        _ new: NewSecret, _ kind: CredentialKind, _ change: CredentialChange, _ transaction: any Transaction
    ) throws -> Credential {
        let id = try newIdentifier()
        let label = try SecretRules.label(new.label, for: change.provider)
        let context = Credential.sealContext(id, change.owner, change.provider, kind, version: 1)
        let sealed = try vault.seal(new.secret, for: context)
        try transaction.execute(
            """
            INSERT INTO credentials (id, scope, project_id, user_id, provider, kind, label, sealed, key_id, version,
                expires_at, created_by, set_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $11, $12, $12)
            """,
            id, change.owner.scope, change.owner.project, change.owner.user, change.provider, kind, label, sealed.bytes,
            sealed.key, new.expiresAt, change.actor.id, now())
        guard let credential = try credential(id, transaction) else { throw CredentialsError(.notFound, "The credential is gone.") }
        return credential
    }

    /// Seals a new version of a credential's secret. What was proved of the old one is no longer so.
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
}

extension CredentialAct {
    fileprivate func perform(
        _ credentials: Credentials, _ change: CredentialChange, _ transaction: any Transaction
    ) throws -> String {
        switch self {
        case .set(let new): try credentials.set(new, change, transaction)
        case .off: try credentials.turnOff(change, transaction)
        case .on: try credentials.turnOn(change, transaction)
        case .remove: try credentials.remove(change, transaction)
        case .clear: try credentials.clear(change, transaction)
        }
    }
}
