import Accounts
import Foundation
import Store
import Vault

/// Attempts to refresh sign-ins, one row of `refreshes` each, recorded before a token is spent. They tell whether a token may be spent, is
/// being spent, or may have been spent by an attempt that was interrupted.
struct RefreshAttempts: Sendable {
    let accounts: Accounts
    let rows: CredentialRows
    let failures: CredentialFailures
    let kept: KeptOutcomes

    /// The maximum duration of an attempt in milliseconds, from its record to its end. The call itself has a shorter limit.
    static let limit: Int64 = 30_000

    /// Why an attempt without an outcome is over.
    static let interruption = "SAM was interrupted while it refreshed it"

    /// The progress of a refresh of one version.
    enum State: Sendable, Hashable {
        case none
        /// Its token may be in flight to the provider.
        case underWay
        /// It was interrupted and its token may be spent; the sentence says so.
        case givenUp(String)
    }

    /// Returns the progress of a refresh, and marks an interrupted one as lost or failed.
    ///
    /// - Parameter isRefused: whether the provider refuses the current access token.
    func state(
        of id: CredentialID, version: Int, isRefused: Bool = false, _ transaction: any Transaction
    ) throws -> State {
        // Its outcome is known and about to be stored, however long that takes.
        if kept.holds(id, version: version) { return .underWay }
        guard let attempt = try attempt(on: id, version: version, transaction), let credential = try rows.credential(id, transaction) else {
            return .none
        }
        if attempt.isUnderWay { return .underWay }
        return .givenUp(try lose(RefreshAttempt(credential, isAfterRefusal: isRefused), Self.interruption, transaction))
    }

    /// Records that the token of a version is about to be spent.
    func begin(_ credential: Credential, isAfterRefusal: Bool, _ transaction: any Transaction) throws -> RefreshAttempt {
        let begunAt = rows.now()
        try transaction.execute(
            """
            INSERT INTO refreshes (credential_id, version, attempted_at) VALUES ($1, $2, $3)
            ON CONFLICT (credential_id) DO UPDATE SET
                failures = CASE WHEN refreshes.version = excluded.version THEN refreshes.failures ELSE 0 END,
                version = excluded.version, attempted_at = excluded.attempted_at, is_lost = 0, next_at = NULL
            """, credential.id, credential.version, begunAt)
        return RefreshAttempt(credential, isAfterRefusal: isAfterRefusal, begunAt: begunAt)
    }

    /// Whether an attempt on the current version was taken for an interrupted one, and the owner told so.
    func wasTakenForInterrupted(_ credential: Credential, _ transaction: any Transaction) throws -> Bool {
        if credential.failedReason == Self.failure(Self.interruption) { return true }
        return try attempt(on: credential.id, version: credential.version, transaction)?.isLost == true
    }

    /// Records that a refresh stored a version.
    func recordRenewal(of id: CredentialID, to version: Int, _ transaction: any Transaction) throws {
        try transaction.execute(
            "INSERT INTO renewals (credential_id, version, at) VALUES ($1, $2, $3) ON CONFLICT (credential_id, version) DO NOTHING", id,
            version, rows.now())
    }

    /// Whether a refresh stored this version.
    func wasRenewed(_ id: CredentialID, to version: Int, _ transaction: any Transaction) throws -> Bool {
        try transaction.first("SELECT at FROM renewals WHERE credential_id = $1 AND version = $2", id, version) != nil
    }

    /// Deletes the attempt on this version; attempts on other versions are kept.
    func end(_ attempt: RefreshAttempt, _ transaction: any Transaction) throws {
        try transaction.execute(
            "DELETE FROM refreshes WHERE credential_id = $1 AND version = $2", attempt.credential, attempt.version)
    }

    /// Handles a refresh whose outcome is unknown. Its token may be spent, so it is not spent again; the access token stays usable until
    /// it expires.
    ///
    /// - Returns: a sentence for the user.
    func lose(_ lost: RefreshAttempt, _ why: String, _ transaction: any Transaction) throws -> String {
        let current = try rows.credential(lost.credential, transaction)
        guard !lost.isAfterRefusal, let current, current.version == lost.version,
            let lifetime = try AuthFile(rows.secret(of: current, transaction)).lifetime(spread: 0),
            rows.now() < lifetime.endsAt - TokenLifetime.margin
        else { return try giveUp(lost, why, transaction) }
        let end = Date(timeIntervalSince1970: Double(lifetime.endsAt) / 1_000).formatted(.iso8601)
        let sentence = "\(why). It works until \(end) and can't be refreshed any more. Sign in again."
        if try attempt(on: current.id, version: current.version, transaction)?.isLost != true {
            try transaction.execute(
                """
                INSERT INTO refreshes (credential_id, version, attempted_at, is_lost) VALUES ($1, $2, $3, 1)
                ON CONFLICT (credential_id) DO UPDATE SET version = excluded.version, is_lost = 1, next_at = NULL
                """, current.id, current.version, rows.now())
            try accounts.record(transaction, .sam, "refresh.lost", current.id.rawValue, why)
            try accounts.notify(
                current.owner, .credentialFailed, current.id.rawValue,
                "The sign-in “\(current.label)” for \(current.provider.rawValue): \(sentence)", in: transaction)
        }
        return sentence
    }

    /// Marks a sign-in as unusable. Spending a refresh token twice could revoke the whole token family, so it is not retried.
    ///
    /// - Returns: a sentence for the user.
    func giveUp(_ attempt: RefreshAttempt, _ why: String, _ transaction: any Transaction) throws -> String {
        try end(attempt, transaction)
        // Nothing is known about a secret that replaced it meanwhile.
        if let current = try rows.credential(attempt.credential, transaction), current.version == attempt.version {
            try failures.recordProof(against: current, Self.failure(why), transaction)
        }
        return "It can't be used any more: \(why). Sign in again."
    }

    /// The reason that is recorded against a sign-in.
    static func failure(_ why: String) -> String { "\(why). Sign in again." }

    private func attempt(
        on id: CredentialID, version: Int, _ transaction: any Transaction
    ) throws -> (isUnderWay: Bool, isLost: Bool)? {
        let row = try transaction.first(
            "SELECT attempted_at, is_lost FROM refreshes WHERE credential_id = $1 AND version = $2 AND next_at IS NULL", id, version)
        guard let row else { return nil }
        let isLost = try row.flag("is_lost")
        return (try !isLost && rows.now() < Int64(row.integer("attempted_at")) + Self.limit, isLost)
    }
}
