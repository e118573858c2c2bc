import Accounts
import Store
import Vault

/// Writes tokens that a session's agent rotated back to the credential that the session was pinned to, and to no other.
///
/// It never resolves: the pin names the credential and version, and the write is a compare-and-swap.
public struct RotationSync: Sendable {
    let store: Store
    let accounts: Accounts
    let rows: CredentialRows
    let heldRows: HeldRows
    let held: HeldRotations
    let check: PinCheck
    let identities: IdentityKeys

    private var reports: RotationReports { RotationReports(accounts: accounts) }

    /// Takes a rotated token from a session.
    ///
    /// - Throws: `StoreError`. Every other outcome is an answer.
    public func sync(_ request: SyncRequest, from session: SessionIdentity) async throws -> SyncAnswer {
        // Verify the signature first: it is asynchronous, and the transaction must not wait.
        let file = try? AuthFile(request.secret)
        let isForged = file == nil ? false : await identities.refuse(file?.idToken, of: .openaiChatGPT)
        return try await store.write { transaction in
            try sync(request, from: session, isForged: isForged, in: transaction)
        }
    }

    package func sync(
        _ request: SyncRequest, from session: SessionIdentity, isForged: Bool = false, in transaction: any Transaction
    ) throws -> SyncAnswer {
        let pin = try PinRows.all(of: session.session, transaction).first {
            $0.mode == .materialised && $0.kind == request.kind && $0.scope != .platform && request.agentType == session.agent
        }
        guard let pin else { return .notFound }
        let credential: Credential
        let isBlocked: Bool
        switch try check.standing(pin, of: session, transaction) {
        case .removed:
            try reports.dropped(pin, from: session, transaction)
            return .notFound
        case .blocked(let pinned): (credential, isBlocked) = (pinned, true)
        case .usable(let pinned): (credential, isBlocked) = (pinned, false)
        }
        let stored = try? rows.secret(of: credential, transaction)
        let facts = SyncFacts(
            isBlocked: isBlocked,
            fault: isForged ? "Its id token is not signed by the provider." : Self.fault(of: request.secret, replacing: stored),
            isStored: stored == request.secret, isCurrent: credential.version == pin.version)
        switch SyncDecision(facts) {
        case .blocked(.worthHolding):
            let why = "its layer, or a narrower one, is turned off"
            try held.hold(request.secret, of: credential, from: session, why: why, transaction)
            return .notFound
        case .blocked(.unchanged): return .notFound
        case .blocked(.invalid(let why)):
            try reports.invalid(credential, why, from: session, transaction)
            return .notFound
        case .invalid(let why):
            try reports.invalid(credential, why, from: session, transaction)
            return .invalid
        case .unchanged: return .unchanged
        case .stale:
            let why = "the credential was replaced after the session had started, at version \(credential.version)"
            try held.hold(request.secret, of: credential, from: session, why: why, transaction)
            return .stale
        case .write:
            return try write(request.secret, credential, pin, session, transaction)
        }
    }

    /// Records that a lent file could not be synced back, and notifies the owner.
    ///
    /// - Throws: `StoreError`.
    public func recordLoss(of pin: Pin, why: String, from session: SessionIdentity) async throws {
        try await store.write { transaction in
            try reports.lost(pin, why, from: session, transaction)
        }
    }

    private func write(
        _ secret: Secret, _ pinned: Credential, _ pin: Pin, _ session: SessionIdentity, _ transaction: any Transaction
    ) throws -> SyncAnswer {
        var credential = pinned
        credential.version += 1
        try rows.write(NewSecret(secret, expiresAt: credential.expiresAt), credential, transaction)
        try PinRows.move(pin, of: session.session, to: credential.version, transaction)
        // This session's earlier rotations are superseded.
        try heldRows.remove(credential.id, session.session, transaction)
        try accounts.record(transaction, session.actor, "sync.updated", credential.id.rawValue, "version \(credential.version)")
        return SyncAnswer(success: true, updated: true, scope: pin.scope, version: credential.version)
    }

    /// Why a secret is not a rotation of the stored one; `nil` if it is.
    private static func fault(of secret: Secret, replacing stored: Secret?) -> String? {
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
