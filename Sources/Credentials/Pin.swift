import Accounts
import Cascade
import Foundation
import Store
import Vault

/// How a session gets at a credential.
public enum InjectionMode: String, Sendable, Hashable, Codable, SQLBindable {
    /// Through the gateway: the secret stays outside of the workspace.
    case brokered
    /// As a file in the workspace, because the agent insists on one.
    case materialised
}

/// The resolution that a session was started with, for one provider.
public struct Pin: Sendable, Hashable, Codable {
    public var provider: Provider
    public var scope: Scope
    public var credential: CredentialID
    /// Moves on with each rotation that this session brings back.
    public var version: Int
    public var kind: CredentialKind
    public var mode: InjectionMode
    public var trace: [TraceStep]

    init(_ row: Row) throws {
        provider = try row.parsed("provider")
        scope = try row.parsed("scope")
        credential = try row.parsed("credential_id")
        version = try row.integer("version")
        kind = try row.parsed("kind")
        mode = try row.parsed("mode")
        trace = (try? JSONDecoder().decode([TraceStep].self, from: Data(try row.text("trace").utf8))) ?? []
    }

    init(_ provider: Provider, _ selection: Credentials.Selection, at scope: Scope, _ mode: InjectionMode, trace: [TraceStep]) {
        self.provider = provider
        self.scope = scope
        credential = selection.credential
        version = selection.version
        kind = selection.kind
        self.mode = mode
        self.trace = trace
    }
}

/// Who starts a session, where, and which credential it needs.
public struct PinRequest: Sendable {
    public var session: SessionReference
    public var provider: Provider
    public var project: ProjectID
    public var user: UserID
    public var mode: InjectionMode

    /// Asks for a pin.
    public init(session: SessionReference, provider: Provider, project: ProjectID, user: UserID, mode: InjectionMode) {
        self.session = session
        self.provider = provider
        self.project = project
        self.user = user
        self.mode = mode
    }
}

/// What became of a request for a pin.
public enum PinOutcome: Sendable, Hashable {
    case pinned(Pin)
    /// The session can't be started: a word for programs (`blocked`, `failed`, `absent` or `notAllowed`) and a sentence.
    case refused(code: String, sentence: String)
    /// Another session has the credential for itself. The session waits, and this says what for.
    case busy(String)
}

extension Credentials {
    /// Resolves and pins what a session is started with, in the transaction of its start.
    ///
    /// - Throws: `StoreError`.
    public func pin(_ request: PinRequest, in transaction: any Transaction) throws -> PinOutcome {
        if let pin = try pin(of: request.session, request.provider, transaction) { return .pinned(pin) }
        let selection: Selection
        let scope: Scope
        let trace: [TraceStep]
        switch try judge(request, transaction) {
        case .refused(let outcome): return outcome
        case .usable(let found, let layer, let steps): (selection, scope, trace) = (found, layer, steps)
        }
        if let failure = try proveThatItOpens(selection.credential, transaction) {
            return .refused(
                code: "failed", sentence: try sentence(request.provider, .failed(at: scope, why: failure), transaction))
        }
        if request.mode == .materialised,
            let other = try otherHolder(of: selection.credential, than: request.session, transaction)
        {
            return .busy(
                "session \(other) to give back the sign-in “\(selection.label)”, which only one session at a time can use as a file")
        }
        if request.mode == .materialised {
            switch try refreshState(selection.credential, version: selection.version, transaction) {
            case .none: break
            case .underWay: return .busy("the sign-in “\(selection.label)” to be refreshed")
            case .givenUp(let why):
                return .refused(
                    code: "failed", sentence: try sentence(request.provider, .failed(at: scope, why: .broken(why)), transaction))
            }
        }
        let pin = Pin(request.provider, selection, at: scope, request.mode, trace: trace)
        try transaction.execute(
            """
            INSERT INTO pins (session_id, provider, scope, credential_id, version, kind, mode, trace, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            request.session, pin.provider, pin.scope, pin.credential, pin.version, pin.kind, pin.mode,
            String(decoding: try JSONEncoder().encode(pin.trace), as: UTF8.self), now())
        return .pinned(pin)
    }

    /// Whether a session could be started now, or why not. Nothing is pinned.
    ///
    /// - Throws: `StoreError`.
    public func check(_ request: PinRequest, in transaction: any Transaction) throws -> PinOutcome? {
        guard case .refused(let outcome) = try judge(request, transaction) else { return nil }
        return outcome
    }

    /// The pins of a session.
    ///
    /// - Throws: `StoreError`.
    public func pins(of session: SessionReference, in transaction: any Transaction) throws -> [Pin] {
        try transaction.query("SELECT * FROM pins WHERE session_id = $1 ORDER BY provider", session).map(Pin.init)
    }

    func pin(of session: SessionReference, _ provider: Provider, _ transaction: any Transaction) throws -> Pin? {
        try transaction.first("SELECT * FROM pins WHERE session_id = $1 AND provider = $2", session, provider).map(Pin.init)
    }

    /// The materialised pin of a session whose file was not given back yet.
    ///
    /// - Throws: `StoreError`.
    public func lentFile(to session: SessionReference, in transaction: any Transaction) throws -> Pin? {
        try transaction.first(
            "SELECT * FROM pins WHERE session_id = $1 AND mode = 'materialised' AND settled_at IS NULL", session
        ).map(Pin.init)
    }

    /// The secret for the file that a session's own runner writes. What was judged when the pin was made is judged again: making
    /// a workspace takes time, in which people change things.
    ///
    /// - Throws: ``CredentialsError/Code/wrongState`` with a sentence when it is not this session's to have any more;
    ///   `VaultError`; `StoreError`.
    public func materialise(for caller: SyncCaller, in transaction: any Transaction) throws -> Secret {
        guard let pin = try lentFile(to: caller.session, in: transaction),
            let credential = try credential(pin.credential, transaction),
            let binding = try binding(credential.owner, credential.provider, transaction)
        else {
            throw CredentialsError(.wrongState, "The credential that the session was started with was removed meanwhile.")
        }
        guard try !isBlocked(pin, binding, caller, transaction) else {
            throw CredentialsError(.wrongState, "\(pin.provider.rawValue) was turned off while the session was being prepared.")
        }
        guard credential.version == pin.version, credential.setBy == caller.user else {
            throw CredentialsError(
                .wrongState, "The credential “\(credential.label)” was replaced while the session was being prepared. Start it again.")
        }
        return try secret(of: credential, transaction)
    }

    /// The secret that a pin's credential holds now, whatever happened since.
    package func currentSecret(of pin: Pin, in transaction: any Transaction) throws -> Secret {
        guard let credential = try credential(pin.credential, transaction) else {
            throw CredentialsError(.notFound, "The credential that the session was started with is gone.")
        }
        return try secret(of: credential, transaction)
    }

    /// What a session was lent as a file is given back, or was never used: others may have it.
    ///
    /// - Throws: `StoreError`.
    public func settle(_ session: SessionReference, in transaction: any Transaction) throws {
        try transaction.execute(
            "UPDATE pins SET settled_at = $1 WHERE session_id = $2 AND settled_at IS NULL", now(), session)
    }

    /// Removes what is known of a session that is forgotten.
    ///
    /// - Throws: `StoreError`.
    public func forget(_ session: SessionReference, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM pins WHERE session_id = $1", session)
    }

    // MARK: - Parts

    /// What the cascade's answer means for a session.
    private enum Judgement {
        case usable(Selection, Scope, [TraceStep])
        case refused(PinOutcome)
    }

    private func judge(_ request: PinRequest, _ transaction: any Transaction) throws -> Judgement {
        let resolution = try resolve(request.provider, project: request.project, user: request.user, in: transaction)
        guard case .found(let selection, let scope) = resolution.outcome else {
            return .refused(
                .refused(
                    code: Explanation.Outcome(resolution.outcome).rawValue,
                    sentence: try sentence(request.provider, resolution.outcome, transaction)))
        }
        if request.mode == .materialised, let refusal = refusal(request, selection, scope) {
            return .refused(.refused(code: "notAllowed", sentence: refusal))
        }
        return .usable(selection, scope, resolution.trace.map(TraceStep.init))
    }

    /// A sign-in as a file is its person's own: a rotating token in other hands is that person signed out.
    private func refusal(_ request: PinRequest, _ selection: Selection, _ scope: Scope) -> String? {
        if scope == .platform {
            return "The platform's sign-in for \(request.provider.rawValue) is never handed out as a file. Set one of your own."
        }
        guard selection.setBy == request.user else {
            return "“\(selection.label)” is another member's sign-in, and as a file only they can use it. Set one of your own."
        }
        return nil
    }

    private func otherHolder(
        of credential: CredentialID, than session: SessionReference, _ transaction: any Transaction
    ) throws -> String? {
        try transaction.first(
            """
            SELECT session_id FROM pins
            WHERE credential_id = $1 AND mode = 'materialised' AND settled_at IS NULL AND session_id <> $2
            """, credential, session
        )?.text("session_id")
    }

    /// Opens the seal once. One that does not open is a failure by proof, of which its owner is told.
    private func proveThatItOpens(_ id: CredentialID, _ transaction: any Transaction) throws -> Failure? {
        guard let credential = try credential(id, transaction) else { return .missing }
        do {
            _ = try secret(of: credential, transaction)
            return nil
        } catch let error as VaultError {
            try fail(credential, error.message, transaction)
            return .unreadable(error.message)
        }
    }

    /// Records a proof that a credential is of no use any more, and tells its owner once.
    func fail(_ credential: Credential, _ why: String, _ transaction: any Transaction) throws {
        guard credential.failedReason == nil else { return }
        try transaction.execute("UPDATE credentials SET failed_reason = $1 WHERE id = $2", why, credential.id)
        try accounts.record(transaction, .sam, "credential.failed", credential.id.rawValue, why)
        try accounts.notify(
            credential.owner, .credentialFailed, credential.id.rawValue,
            "The credential “\(credential.label)” for \(credential.provider.rawValue) can't be used any more: \(why) Set a new secret.",
            in: transaction)
    }
}
