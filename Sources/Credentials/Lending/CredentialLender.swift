import Accounts
import Cascade
import Store
import Vault

/// Lends credentials for single requests, and records what providers say about them.
public struct CredentialLender: Sendable {
    let store: Store
    let rows: CredentialRows
    let failures: CredentialFailures
    let resolver: CredentialResolver
    let check: PinCheck

    /// Lends a session the credential that it was pinned to, in its current version. It never resolves: a credential that was turned off,
    /// removed or failed since is refused, and a newly selected one applies only to sessions that start later.
    ///
    /// - Throws: `StoreError`.
    public func lend(_ provider: Provider, to session: SessionIdentity, in transaction: any Transaction) throws -> Lending {
        let name = provider.rawValue
        guard let pin = try PinRows.pin(of: session.session, provider, transaction) else { return .refused(Self.notStarted(name)) }
        guard pin.mode == .brokered else {
            return .refused("This session's agent keeps its own sign-in for \(name), and SAM lends it no other.")
        }
        switch try check.standing(pin, of: session, transaction) {
        case .usable(let credential): return try lend(credential, at: pin.scope, transaction)
        case .blocked: return .refused(Self.turnedOff(pin))
        case .removed: return .refused(Self.removed(name))
        }
    }

    /// Checks whether a session's agent may use the sign-in that it has as a file, under the same conditions as for lending. The agent
    /// owns the file, which may be newer than the stored version.
    ///
    /// - Throws: `StoreError`.
    public func passOn(_ provider: Provider, of session: SessionIdentity, in transaction: any Transaction) throws -> Lending {
        guard let pin = try PinRows.pin(of: session.session, provider, transaction) else {
            return .refused(Self.notStarted(provider.rawValue))
        }
        guard pin.mode == .materialised else {
            return .refused("This session's agent has no own sign-in for \(provider.rawValue). Send the session's key instead.")
        }
        switch try check.standing(pin, of: session, transaction) {
        case .usable(let credential): return .own(credential.id, pin.scope)
        case .blocked: return .refused(Self.turnedOff(pin))
        case .removed: return .refused(Self.removed(provider.rawValue))
        }
    }

    /// Lends what the cascade resolves now, for a person's own tools.
    ///
    /// - Parameter project: `nil` outside any project.
    /// - Throws: `StoreError`.
    public func lend(
        _ provider: Provider, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> Lending {
        let outcome = try resolver.resolve(provider, project: project, user: user, in: transaction).outcome
        guard case .found(let selection, at: let scope) = outcome, let credential = try rows.credential(selection.credential, transaction)
        else { return .refused(try resolver.sentence(provider, outcome, transaction)) }
        return try lend(credential, at: scope, transaction)
    }

    /// Records that a provider refused a credential. The credential is kept as it is, no other layer is tried, and the owner is notified
    /// once until the secret is replaced.
    ///
    /// - Parameter status: the HTTP status of the provider's answer, 401 or 403.
    /// - Throws: `StoreError`.
    public func recordRefusal(of id: CredentialID, status: Int) async throws {
        try await store.write { transaction in
            guard let credential = try rows.credential(id, transaction) else { return }
            try failures.recordRefusal(of: credential, status: status, transaction)
        }
    }

    // MARK: - Parts

    private func lend(_ credential: Credential, at scope: Scope, _ transaction: any Transaction) throws -> Lending {
        let why: CredentialFailure
        if let failure = CredentialFailure.known(reason: credential.failedReason, expiresAt: credential.expiresAt, now: rows.now()) {
            why = failure
        } else {
            do {
                let secret = try rows.secret(of: credential, transaction)
                return .lent(Loan(credential: credential.id, scope: scope, kind: credential.kind, secret: secret))
            } catch let error as VaultError {
                why = .unreadable("\(error)")
            }
        }
        return .refused(try resolver.sentence(credential.provider, .failed(at: scope, why: why), transaction))
    }

    private static func notStarted(_ name: String) -> String {
        "This session was not started with a credential for \(name), so it has none."
    }

    private static func removed(_ name: String) -> String {
        "The credential for \(name) that this session was started with was removed. Start a new session."
    }

    private static func turnedOff(_ pin: Pin) -> String {
        let name = pin.provider.rawValue
        return """
            \(name) was turned off for this session, at the \(pin.scope.rawValue)'s layer or a narrower one. See the layers with: \
            sam credentials explain \(name). Turning it on again revives the session.
            """
    }
}
