import Accounts
import Cascade
import Store
import Vault

/// A credential that is lent for one request, with the secret.
public struct Loan: Sendable {
    public var credential: CredentialID
    public var scope: Scope
    public var kind: CredentialKind
    public var secret: Secret
}

/// What the gateway gets for a request.
public enum Lending: Sendable {
    case lent(Loan)
    /// The session's agent has this credential itself, as a file, and uses what stands there.
    case own(CredentialID, Scope)
    /// A sentence for who made the request: why there is none, and what can be done.
    case refused(String)
}

extension Credentials {
    /// Lends a session the credential that it was started with, as it is now. It never resolves: what was turned off, removed
    /// or failed since is refused, and another credential that was selected meanwhile is for sessions that start later.
    ///
    /// - Throws: `StoreError`.
    public func lend(_ provider: Provider, to caller: SyncCaller, in transaction: any Transaction) throws -> Lending {
        let name = provider.rawValue
        guard let pin = try pin(of: caller.session, provider, transaction) else { return .refused(Self.notStarted(name)) }
        guard pin.mode == .brokered else {
            return .refused("This session's agent keeps its own sign-in for \(name), and SAM lends it no other.")
        }
        switch try standing(pin, caller, transaction) {
        case .refused(let why): return .refused(why)
        case .stands(let credential): return try lend(credential, at: pin.scope, transaction)
        }
    }

    /// Lets a session's agent use the sign-in that it has as a file, for as long as it could be lent. What stands in the file is
    /// the agent's, and perhaps newer than what is stored.
    ///
    /// - Throws: `StoreError`.
    public func passOn(_ provider: Provider, of caller: SyncCaller, in transaction: any Transaction) throws -> Lending {
        guard let pin = try pin(of: caller.session, provider, transaction) else { return .refused(Self.notStarted(provider.rawValue)) }
        guard pin.mode == .materialised else {
            return .refused("This session's agent has no sign-in of its own for \(provider.rawValue). Send the session's key instead.")
        }
        switch try standing(pin, caller, transaction) {
        case .refused(let why): return .refused(why)
        case .stands(let credential): return .own(credential.id, pin.scope)
        }
    }

    private static func notStarted(_ name: String) -> String {
        "This session was not started with a credential for \(name), so it has none."
    }

    private enum Standing {
        case stands(Credential)
        case refused(String)
    }

    /// Whether what a session was started with is still there, and on.
    private func standing(_ pin: Pin, _ caller: SyncCaller, _ transaction: any Transaction) throws -> Standing {
        let name = pin.provider.rawValue
        guard let credential = try credential(pin.credential, transaction),
            let binding = try binding(credential.owner, pin.provider, transaction)
        else {
            return .refused("The credential for \(name) that this session was started with was removed. Start a new session.")
        }
        guard try isBlocked(pin, binding, caller, transaction) else { return .stands(credential) }
        return .refused(
            """
            \(name) was turned off for this session, at the \(pin.scope.rawValue)'s layer or a narrower one. What stands where is shown by: \
            sam credentials explain \(name). Turning it on again revives the session.
            """)
    }

    /// Lends what the cascade finds now, for a person's own tools.
    ///
    /// - Parameter project: `nil` for what applies outside of any project.
    /// - Throws: `StoreError`.
    public func lend(
        _ provider: Provider, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> Lending {
        let outcome = try resolve(provider, project: project, user: user, in: transaction).outcome
        guard case .found(let selection, at: let scope) = outcome, let credential = try credential(selection.credential, transaction)
        else { return .refused(try sentence(provider, outcome, transaction)) }
        return try lend(credential, at: scope, transaction)
    }

    private func lend(_ credential: Credential, at scope: Scope, _ transaction: any Transaction) throws -> Lending {
        let why: Failure
        if let failure = failure(reason: credential.failedReason, expiresAt: credential.expiresAt) {
            why = failure
        } else {
            do {
                let secret = try secret(of: credential, transaction)
                return .lent(Loan(credential: credential.id, scope: scope, kind: credential.kind, secret: secret))
            } catch let error as VaultError {
                why = .unreadable("\(error)")
            }
        }
        return .refused(try sentence(credential.provider, .failed(at: scope, why: why), transaction))
    }

    /// A provider refused a credential. That is a fact about it and no verdict: it is kept as it is, no other layer is asked,
    /// and its owner is told once until there is a new secret.
    ///
    /// - Parameter status: the provider's answer, 401 or 403.
    /// - Throws: `StoreError`.
    public func recordRefusal(of id: CredentialID, status: Int) async throws {
        try await store.write { transaction in
            guard let credential = try credential(id, transaction) else { return }
            let told = try transaction.first("SELECT last_refused_at FROM credentials WHERE id = $1", id)?.optionalInteger(
                "last_refused_at")
            try transaction.execute("UPDATE credentials SET last_refused_at = $1 WHERE id = $2", now(), id)
            guard told == nil else { return }
            try accounts.record(transaction, .sam, "credential.refused", id.rawValue, "the provider answered \(status)")
            try accounts.notify(
                credential.owner, .credentialRefused, id.rawValue,
                """
                \(credential.provider.rawValue) refused “\(credential.label)” with status \(status). It is kept as it is and no other key is \
                used in its place. If it is no longer good, set a new one: sam credentials set \(credential.provider.rawValue)
                """, in: transaction)
        }
    }
}
