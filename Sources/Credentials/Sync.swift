import Accounts
import Foundation
import Store
import Vault

/// The session that sends a token back, as the control plane knows it.
public struct SyncCaller: Sendable {
    public var session: SessionReference
    public var agent: String
    public var project: ProjectID
    public var user: UserID

    /// Names a session.
    public init(session: SessionReference, agent: String, project: ProjectID, user: UserID) {
        self.session = session
        self.agent = agent
        self.project = project
        self.user = user
    }
}

/// What a session sends back.
public struct SyncRequest: Sendable {
    public var agentType: String
    public var kind: CredentialKind
    public var secret: Secret

    /// The most bytes that the whole body may have.
    public static let limit = 64 << 10

    /// Wraps what arrived.
    public init(agentType: String, kind: CredentialKind, secret: Secret) {
        self.agentType = agentType
        self.kind = kind
        self.secret = secret
    }
}

/// The answer to a sync.
public struct SyncAnswer: Sendable, Hashable, Codable {
    public var success: Bool
    /// With success: whether something was written.
    public var updated: Bool?
    /// Where it was written.
    public var scope: Scope?
    public var version: Int?
    /// Without success: `credential_not_found`, `invalid` or `stale`.
    public var reason: String?

    /// Puts an answer together.
    public init(success: Bool, updated: Bool? = nil, scope: Scope? = nil, version: Int? = nil, reason: String? = nil) {
        self.success = success
        self.updated = updated
        self.scope = scope
        self.version = version
        self.reason = reason
    }

    static let notFound = SyncAnswer(success: false, reason: "credential_not_found")
    static let invalid = SyncAnswer(success: false, reason: "invalid")
    static let stale = SyncAnswer(success: false, reason: "stale")
    static let unchanged = SyncAnswer(success: true, updated: false)
}

extension Credentials {
    /// Takes a rotated token back to exactly the credential that the session was started from, or nowhere.
    ///
    /// It never resolves: the pin names the credential and the version, and the write is a compare-and-swap.
    ///
    /// - Throws: `StoreError`. Every other outcome is an answer.
    public func sync(_ request: SyncRequest, from caller: SyncCaller) async throws -> SyncAnswer {
        // Signatures are checked before the transaction, which must not wait.
        let file = try? AuthFile(request.secret)
        let isForged = file == nil ? false : await identities.refuse(file?.idToken, of: .openaiChatGPT)
        return try await store.write { transaction in
            try sync(request, from: caller, isForged: isForged, in: transaction)
        }
    }

    package func sync(
        _ request: SyncRequest, from caller: SyncCaller, isForged: Bool = false, in transaction: any Transaction
    ) throws -> SyncAnswer {
        let pin = try pins(of: caller.session, in: transaction).first {
            $0.mode == .materialised && $0.kind == request.kind && $0.scope != .platform && request.agentType == caller.agent
        }
        guard let pin, let credential = try credential(pin.credential, transaction),
            let binding = try binding(credential.owner, credential.provider, transaction)
        else {
            return try nothingThere(pin, caller, transaction)
        }
        let stored = try? secret(of: credential, transaction)
        let facts = SyncFacts(
            isBlocked: try isBlocked(pin, binding, caller, transaction),
            fault: isForged ? "Its id token is not signed by the provider." : fault(of: request.secret, replacing: stored),
            isStored: stored == request.secret, isCurrent: credential.version == pin.version)
        switch SyncDecision(facts) {
        case .blocked(.worthHolding):
            try hold(request.secret, credential, caller, "its layer, or a narrower one, is turned off", transaction)
            return .notFound
        case .blocked(.unchanged): return .notFound
        case .blocked(.invalid(let why)):
            try tellOfInvalid(why, credential, caller, transaction)
            return .notFound
        case .invalid(let why):
            try tellOfInvalid(why, credential, caller, transaction)
            return .invalid
        case .unchanged: return .unchanged
        case .stale:
            try hold(
                request.secret, credential, caller,
                "the credential was replaced after the session had started, at version \(credential.version)", transaction)
            return .stale
        case .write:
            return try accept(request.secret, credential, pin, caller, transaction)
        }
    }

    /// Records that what a session was lent could not be taken back, and tells the owner.
    ///
    /// - Throws: `StoreError`.
    public func recordLoss(of pin: Pin, why: String, from caller: SyncCaller) async throws {
        try await store.write { transaction in
            try tellOnce(
                "sync.lost", pin.credential, why, caller, pin.scope == .project ? .project(caller.project) : .user(caller.user),
                .rotationDropped,
                """
                Session \(caller.session.rawValue) did not give its sign-in for \(pin.provider.rawValue) back: \(why). If its agent had \
                rotated it, sign in again.
                """, transaction)
        }
    }

    // MARK: - The answers' effects

    private func accept(
        _ secret: Secret, _ credential: Credential, _ pin: Pin, _ caller: SyncCaller, _ transaction: any Transaction
    ) throws -> SyncAnswer {
        var credential = credential
        credential.version += 1
        try write(NewSecret(secret, expiresAt: credential.expiresAt), credential, transaction)
        try transaction.execute(
            "UPDATE pins SET version = $1 WHERE session_id = $2 AND provider = $3", credential.version, caller.session, pin.provider)
        // What this session had rotated before is spent by now.
        try transaction.execute(
            "DELETE FROM held WHERE credential_id = $1 AND session_id = $2", credential.id, caller.session)
        try accounts.record(
            transaction, .session(caller.session.rawValue), "sync.updated", credential.id.rawValue, "version \(credential.version)")
        return SyncAnswer(success: true, updated: true, scope: pin.scope, version: credential.version)
    }

    /// Nothing is touched. Where something had been pinned, its owner learns that a rotation came too late.
    private func nothingThere(_ pin: Pin?, _ caller: SyncCaller, _ transaction: any Transaction) throws -> SyncAnswer {
        if let pin {
            try tellOnce(
                "sync.dropped", pin.credential, "the credential or its binding was removed", caller,
                pin.scope == .project ? .project(caller.project) : .user(caller.user), .rotationDropped,
                """
                Session \(caller.session.rawValue) gave back its sign-in for \(pin.provider.rawValue), which was removed meanwhile. \
                What it sent was not kept.
                """, transaction)
        }
        return .notFound
    }

    private func tellOfInvalid(
        _ why: String, _ credential: Credential, _ caller: SyncCaller, _ transaction: any Transaction
    ) throws {
        try tellOnce(
            "sync.invalid", credential.id, why, caller, credential.owner, .syncInvalid,
            "Session \(caller.session.rawValue) sent back something else than a rotation of “\(credential.label)”. Nothing was changed. \(why)",
            transaction)
    }

    /// An audit entry and a notification, the first time that a session gives cause for it.
    private func tellOnce(
        _ action: String, _ credential: CredentialID, _ why: String, _ caller: SyncCaller, _ owner: ScopeOwner,
        _ kind: UserNotification.Kind, _ text: String, _ transaction: any Transaction
    ) throws {
        let told = try transaction.first(
            "SELECT id FROM audit WHERE actor = $1 AND action = $2 AND subject = $3 AND detail = $4",
            caller.session, action, credential, why)
        guard told == nil else { return }
        try accounts.record(transaction, .session(caller.session.rawValue), action, credential.rawValue, why)
        try accounts.notify(owner, kind, credential.rawValue, text, in: transaction)
    }

    /// Keeps a rotation for its owner, sealed. It is never resolved.
    private func hold(
        _ secret: Secret, _ credential: Credential, _ caller: SyncCaller, _ why: String, _ transaction: any Transaction
    ) throws {
        let row = try transaction.first(
            "SELECT sealed, key_id, held_at FROM held WHERE credential_id = $1 AND session_id = $2", credential.id, caller.session)
        let before = try row.map { Int64(try $0.integer("held_at")) }
        if let row, let before, let known = try? vault.open(Sealed(row), for: credential.heldContext(caller.session, at: before)),
            known == secret
        {
            return
        }
        // Never the same time twice: it tells this rotation from the one that it takes the place of.
        let heldAt = max(now(), (before ?? 0) + 1)
        let sealed = try vault.seal(secret, for: credential.heldContext(caller.session, at: heldAt))
        try transaction.execute(
            """
            INSERT INTO held (credential_id, session_id, sealed, key_id, set_by, held_at, why) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (credential_id, session_id) DO UPDATE SET
                sealed = excluded.sealed, key_id = excluded.key_id, set_by = excluded.set_by, held_at = excluded.held_at, why = excluded.why
            """, credential.id, caller.session, sealed.bytes, sealed.key, caller.user, heldAt, why)
        try accounts.record(transaction, .session(caller.session.rawValue), "sync.held", credential.id.rawValue, why)
        // Once for a session: an agent could rotate for ever.
        guard row == nil else { return }
        try accounts.notify(
            credential.owner, .syncDeclined, credential.id.rawValue,
            """
            Session \(caller.session.rawValue) rotated “\(credential.label)”, and the new token was not stored because \(why). \
            It is held for you: sam credentials recover \(credential.provider.rawValue)\(try options(credential.owner, transaction))
            """, in: transaction)
    }

    /// How the command line names a layer, after a provider.
    private func options(_ owner: ScopeOwner, _ transaction: any Transaction) throws -> String {
        switch owner {
        case .user: return ""
        case .platform: return " --scope platform"
        case .project(let id):
            let name = try transaction.first("SELECT name FROM projects WHERE id = $1", id)?.text("name")
            return " --project \(name ?? id.rawValue)"
        }
    }

    // MARK: - The facts

    /// Whether the pinned layer or a narrower one is off, or the person was shut out or may not run sessions of the project any more.
    func isBlocked(_ pin: Pin, _ binding: Binding, _ caller: SyncCaller, _ transaction: any Transaction) throws -> Bool {
        if binding.state == .inactive { return true }
        let narrower: [ScopeOwner] =
            switch pin.scope {
            case .project: []
            case .user: [.project(caller.project)]
            case .platform: [.project(caller.project), .user(caller.user)]
            }
        for owner in narrower where try self.binding(owner, pin.provider, transaction)?.state == .inactive { return true }
        return try !accounts.mayRun(caller.user, in: caller.project, transaction)
    }

    /// Why what arrived is no rotation of what is stored.
    private func fault(of secret: Secret, replacing stored: Secret?) -> String? {
        guard secret.count <= SecretRules.fileLimit else { return "It is too long." }
        do {
            let file = try AuthFile(secret)
            guard let stored, let before = try? AuthFile(stored) else { return nil }
            return file.continues(before.identity) ? nil : "It is the sign-in of another account or person."
        } catch {
            return error.message
        }
    }
}
