import Accounts
import Foundation
import Logging
import Store
import Vault
import Wording

/// Claims and settles refreshes of sign-ins in the database. ``TokenBroker`` calls the token endpoint in between.
public struct Refreshes: Sendable {
    let store: Store
    let accounts: Accounts
    let rows: CredentialRows
    let failures: CredentialFailures
    let attempts: RefreshAttempts
    let kept: KeptOutcomes
    let logger: Logger

    private var pauses: RefreshPauses { RefreshPauses(accounts: accounts, attempts: attempts, now: rows.now) }

    /// For this many milliseconds after a refresh that followed a refusal, another refusal triggers no refresh.
    private static let pauseAfterRefusal: Int64 = 300_000

    func need(_ id: CredentialID, _ secret: Secret) -> RefreshNeed {
        guard let lifetime = (try? AuthFile(secret))?.lifetime(spread: RefreshNeed.spread(id)) else { return .none }
        return RefreshNeed(lifetime, now: rows.now())
    }

    /// Reads the sign-in again and records that its refresh token is about to be spent, in one write transaction.
    ///
    /// - Parameter rejected: the access token that the provider refused; `nil` when the refresh is due by time.
    /// - Throws: `StoreError`.
    func claim(_ id: CredentialID, rejecting rejected: Secret?) async throws -> RefreshClaim {
        try await store.write { transaction in
            guard let credential = try rows.credential(id, transaction), credential.kind == .oauth else { return .settled }
            if let why = credential.failedReason { return .impossible(why) }
            let secret = try rows.secret(of: credential, transaction)
            let file = try AuthFile(secret)
            let isStillBad = rejected.map { $0 == file.accessToken } ?? (need(id, secret) != .none)
            // An attempt on an older version is over, because a new secret was set since.
            switch try attempts.state(
                of: id, version: credential.version, isRefused: rejected != nil && isStillBad, transaction)
            {
            case .none: break
            case .underWay: return .wait
            case .givenUp(let why): return .impossible(why)
            }
            guard isStillBad else { return .settled }
            if rejected != nil, try wasJustRenewed(id, transaction) {
                return .impossible("The provider refuses what was just refreshed as well.")
            }
            guard let token = file.refreshToken else {
                return .impossible(try attempts.giveUp(RefreshAttempt(credential), "it holds no refresh token", transaction))
            }
            if let holder = try PinRows.holder(of: id, transaction) {
                return .impossible("Session \(holder) has it as a file, and it alone may refresh it.")
            }
            if let pause = try pauses.current(credential, transaction) { return .postponed(pause) }
            let attempt = try attempts.begin(credential, isAfterRefusal: rejected != nil, transaction)
            return .spend(RefreshTicket(attempt: attempt, provider: credential.provider, token: token))
        }
    }

    /// Records the outcome of an attempt. It may be called again with the same outcome.
    ///
    /// - Parameter isLate: whether the outcome was kept while it could not be stored, so that the owner is told.
    /// - Returns: why there is no new token; `nil` when there is one.
    /// - Throws: `StoreError`; the caller must retry so that renewed tokens are not lost.
    func settle(_ attempt: RefreshAttempt, _ outcome: RefreshOutcome, isLate: Bool = false) async throws -> RefreshFailure? {
        try await store.write { transaction in
            switch outcome {
            case .notNow(let why, let asked):
                return try pauses.begin(attempt, why, asked: asked, transaction)
            case .refused(let why):
                return RefreshFailure(try attempts.giveUp(attempt, "the provider refused to refresh it: \(why)", transaction))
            case .unknown(let why):
                return RefreshFailure(try attempts.lose(attempt, "its refresh was not answered: \(why)", transaction))
            case .renewed(let tokens):
                return try write(tokens, attempt, isLate, transaction).map { RefreshFailure($0) }
            }
        }
    }

    /// Whether storing an outcome fails in the same way each time.
    static func isLasting(_ error: any Error) -> Bool {
        switch error {
        // Anything else may pass: a full disk, a database that is away, one that is restored.
        case let error as StoreError: [.unexpectedValue, .unstorable].contains(error.code)
        // A start with the missing master key opens the seal.
        case let error as VaultError: [.doesNotOpen, .oldForm].contains(error.code)
        default: error is CredentialsError
        }
    }

    /// Marks a sign-in as unusable because the outcome of its refresh can't be stored.
    ///
    /// - Throws: `StoreError`.
    func giveUp(_ attempt: RefreshAttempt, because error: any Error) async throws -> RefreshFailure {
        let cause = reason(of: error)
        let why = "the outcome of its refresh can't be stored: \(cause.hasSuffix(".") ? String(cause.dropLast()) : cause)"
        return try await store.write { RefreshFailure(try attempts.giveUp(attempt, why, $0)) }
    }

    private func write(
        _ tokens: RenewedTokens, _ attempt: RefreshAttempt, _ isLate: Bool, _ transaction: any Transaction
    ) throws -> String? {
        let current = try rows.credential(attempt.credential, transaction)
        let wasGivenUp = try current.map { try $0.version == attempt.version && attempts.wasTakenForInterrupted($0, transaction) } ?? false
        try attempts.end(attempt, transaction)
        guard var credential = current else {
            try accounts.record(transaction, .sam, "refresh.dropped", attempt.credential.rawValue, "the credential was removed")
            return "It was removed while it was refreshed."
        }
        guard credential.version == attempt.version else {
            if try isStored(tokens, attempt, credential, transaction) { return nil }
            guard credential.version > attempt.version else {
                try accounts.record(transaction, .sam, "refresh.dropped", credential.id.rawValue, "the database is of an earlier time")
                return nil
            }
            // A new secret was set meanwhile. The renewed tokens belong to the replaced one.
            try accounts.record(transaction, .sam, "refresh.dropped", credential.id.rawValue, "it was replaced meanwhile")
            try accounts.notify(
                credential.owner, .rotationDropped, credential.id.rawValue,
                "“\(credential.label)” was replaced while SAM refreshed it. The new secret holds.", in: transaction)
            return nil
        }
        let secret = try AuthFile.renewed(
            try rows.secret(of: credential, transaction), with: tokens,
            at: Date(timeIntervalSince1970: Double(rows.now()) / 1_000))
        credential.version += 1
        let refusal = try failures.lastRefusal(of: credential.id, transaction)
        try rows.write(NewSecret(secret, expiresAt: credential.expiresAt), credential, transaction)
        // Keep the refusal: the sign-in is still the same person's, who was already notified.
        try failures.keepRefusal(of: credential.id, at: refusal, isRenewedForIt: attempt.isAfterRefusal, transaction)
        try attempts.recordRenewal(of: credential.id, to: credential.version, transaction)
        try accounts.record(
            transaction, .sam, "refresh.renewed", credential.id.rawValue,
            "version \(credential.version)\(isLate ? ", stored late" : "")")
        if isLate || wasGivenUp {
            let cause = isLate ? "while SAM could not reach its database" : "although SAM took the refresh for an interrupted one"
            try accounts.notify(
                credential.owner, .rotationStored, credential.id.rawValue,
                "“\(credential.label)” was refreshed \(cause). The new token is stored now, and the sign-in is good.", in: transaction)
        }
        return nil
    }

    /// Whether the outcome of an attempt on another version was stored already.
    private func isStored(
        _ tokens: RenewedTokens, _ attempt: RefreshAttempt, _ credential: Credential, _ transaction: any Transaction
    ) throws -> Bool {
        // A secret that can't be read is another one.
        if (try? AuthFile(rows.secret(of: credential, transaction)))?.accessToken == tokens.access { return true }
        // It may have been refreshed or replaced since then.
        return try attempts.wasRenewed(credential.id, to: attempt.version + 1, transaction)
    }

    /// Whether it was recently refreshed because of a refusal. A provider that refuses the new token too would otherwise cause endless
    /// refreshes.
    private func wasJustRenewed(_ id: CredentialID, _ transaction: any Transaction) throws -> Bool {
        guard let renewed = try failures.renewalAfterRefusal(of: id, transaction) else { return false }
        return rows.now() < renewed + Self.pauseAfterRefusal
    }
}
