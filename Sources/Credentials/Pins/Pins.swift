import Accounts
import Cascade
import Store
import Vault

/// What sessions were started with: pins their credentials, and ends their loans.
///
/// Functions that take a transaction run in the caller's, so that a session's start and its pin commit together.
public struct Pins: Sendable {
    let rows: CredentialRows
    let failures: CredentialFailures
    let resolver: CredentialResolver
    let attempts: RefreshAttempts
    let kept: KeptOutcomes
    let check: PinCheck

    /// Resolves and pins a session's credential, in the transaction that starts the session. An existing pin is returned unchanged.
    ///
    /// - Throws: `StoreError`.
    public func pin(_ request: PinRequest, in transaction: any Transaction) throws -> PinOutcome {
        if let pin = try PinRows.pin(of: request.session, request.provider, transaction) { return .pinned(pin) }
        let pin: Pin
        let label: String
        switch try judge(request, transaction) {
        case .refused(let outcome): return outcome
        case .usable(let selection, let scope, let trace):
            pin = Pin(request.provider, selection, at: scope, request.mode, trace: trace)
            label = selection.label
        }
        if let failure = try proveThatItOpens(pin.credential, transaction) { return try failed(pin, failure, transaction) }
        if request.mode == .materialised {
            if let other = try PinRows.holder(of: pin.credential, besides: request.session, transaction) {
                return .busy("session \(other) to give back the sign-in “\(label)”, which only one session at a time can use as a file")
            }
            switch try attempts.state(of: pin.credential, version: pin.version, transaction) {
            case .none: break
            case .underWay: return Self.busy(label)
            case .givenUp(let why): return try failed(pin, .broken(why), transaction)
            }
        }
        try PinRows.insert(pin, of: request.session, at: rows.now(), transaction)
        return .pinned(pin)
    }

    /// Returns why a session cannot start now, or `nil`. Pins nothing.
    ///
    /// - Throws: `StoreError`.
    public func refusal(of request: PinRequest, in transaction: any Transaction) throws -> PinOutcome? {
        guard case .refused(let outcome) = try judge(request, transaction), case .refused = outcome else { return nil }
        return outcome
    }

    /// The pins of a session.
    ///
    /// - Throws: `StoreError`.
    public func pins(of session: SessionReference, in transaction: any Transaction) throws -> [Pin] {
        try PinRows.all(of: session, transaction)
    }

    /// The materialised pin of a session that has not been settled.
    ///
    /// - Throws: `StoreError`.
    public func lentFile(to session: SessionReference, in transaction: any Transaction) throws -> Pin? {
        try PinRows.lentFile(to: session, transaction)
    }

    /// The secret for the file that the session's runner writes. Checks the pin again, because its credential may have changed while the
    /// workspace was prepared.
    ///
    /// - Throws: ``CredentialsError/Code/wrongState`` with a sentence when the session may no longer have it; `VaultError`; `StoreError`.
    public func materialise(for session: SessionIdentity, in transaction: any Transaction) throws -> Secret {
        let removed = CredentialsError(.wrongState, "The credential that the session was started with was removed meanwhile.")
        guard let pin = try PinRows.lentFile(to: session.session, transaction) else { throw removed }
        switch try check.standing(pin, of: session, transaction) {
        case .removed: throw removed
        case .blocked:
            throw CredentialsError(.wrongState, "\(pin.provider.rawValue) was turned off while the session was being prepared.")
        case .usable(let credential):
            guard credential.version == pin.version, credential.setBy == session.user else {
                throw CredentialsError(
                    .wrongState, "The credential “\(credential.label)” was replaced while the session was being prepared. Start it again.")
            }
            return try rows.secret(of: credential, transaction)
        }
    }

    /// The current secret of a pin's credential, without checking bindings or versions.
    package func currentSecret(of pin: Pin, in transaction: any Transaction) throws -> Secret {
        guard let credential = try rows.credential(pin.credential, transaction) else {
            throw CredentialsError(.notFound, "The credential that the session was started with is gone.")
        }
        return try rows.secret(of: credential, transaction)
    }

    /// Ends the session's loans, because it returned or never used the file, so that other sessions can use the credential.
    ///
    /// - Throws: `StoreError`.
    public func settle(_ session: SessionReference, in transaction: any Transaction) throws {
        try PinRows.settle(session, at: rows.now(), transaction)
    }

    /// Deletes the pins of a session.
    ///
    /// - Throws: `StoreError`.
    public func forget(_ session: SessionReference, in transaction: any Transaction) throws {
        try PinRows.remove(of: session, transaction)
    }

    // MARK: - Parts

    /// The outcome of the cascade, as it applies to a session.
    private enum Judgement {
        case usable(CredentialSelection, Scope, [TraceStep])
        case refused(PinOutcome)
    }

    private func judge(_ request: PinRequest, _ transaction: any Transaction) throws -> Judgement {
        let resolution = try resolver.resolve(request.provider, project: request.project, user: request.user, in: transaction)
        guard case .found(let selection, let scope) = resolution.outcome else {
            if let label = try keptLabel(request, resolution.outcome, transaction) { return .refused(Self.busy(label)) }
            return .refused(
                .refused(
                    code: ExplainedOutcome(resolution.outcome).rawValue,
                    sentence: try resolver.sentence(request.provider, resolution.outcome, transaction)))
        }
        if request.mode == .materialised, let why = Self.whyNoFile(request, selection, scope) {
            return .refused(.refused(code: "notAllowed", sentence: why))
        }
        return .usable(selection, scope, resolution.trace.map(TraceStep.init))
    }

    private static func busy(_ label: String) -> PinOutcome { .busy("the sign-in “\(label)” to be refreshed") }

    /// The label of a failed sign-in that is good again once the outcome of its refresh is stored; `nil` for any other.
    private func keptLabel(_ request: PinRequest, _ outcome: CredentialOutcome, _ transaction: any Transaction) throws -> String? {
        guard case .failed(let scope, .broken) = outcome,
            let layer = try resolver.layers(request.provider, project: request.project, user: request.user, transaction)
                .first(where: { $0.owner.scope == scope }),
            let id = layer.binding?.credential, let credential = try rows.credential(id, transaction),
            kept.holds(id, version: credential.version)
        else { return nil }
        return credential.label
    }

    /// Why a sign-in is not handed out as a file: only the person who set it may have it, since rotation by others would sign that person
    /// out.
    private static func whyNoFile(_ request: PinRequest, _ selection: CredentialSelection, _ scope: Scope) -> String? {
        if scope == .platform {
            return "The platform's sign-in for \(request.provider.rawValue) is never handed out as a file. Set one of your own."
        }
        guard selection.setBy == request.user else {
            return "“\(selection.label)” is another member's sign-in, and as a file only they can use it. Set one of your own."
        }
        return nil
    }

    /// Opens the seal once. A failure is recorded as proof, and the owner is notified.
    private func proveThatItOpens(_ id: CredentialID, _ transaction: any Transaction) throws -> CredentialFailure? {
        guard let credential = try rows.credential(id, transaction) else { return .missing }
        do {
            _ = try rows.secret(of: credential, transaction)
            return nil
        } catch let error as VaultError {
            try failures.recordProof(against: credential, error.message, transaction)
            return .unreadable(error.message)
        }
    }

    private func failed(_ pin: Pin, _ failure: CredentialFailure, _ transaction: any Transaction) throws -> PinOutcome {
        .refused(
            code: "failed", sentence: try resolver.sentence(pin.provider, .failed(at: pin.scope, why: failure), transaction))
    }
}
